import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

type BulkAnswer = { errors: boolean; items: { index: { status: number; error?: object } }[] };
type Wish = {
  /** So many more bulk requests are refused as a whole with 429. */
  refuse: number;
  /** Of so many more bulk requests every second document is refused with 429, the others are written. */
  half: number;
  /** Documents with this word never fit. */
  poison: string | undefined;
};

/** A way to OpenSearch that is busy and choosy when asked to be. Everything else passes to the real one. */
export async function faultyProxy(target: string) {
  const wish: Wish = { refuse: 0, half: 0, poison: undefined };
  const seen = { refused: 0, halved: 0, poisoned: 0 };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const forward = async (request: IncomingMessage, body: string) => {
    const headers = { 'content-type': request.headers['content-type'] ?? 'application/json' };
    const answer = await fetch(`${target}${request.url}`, { method: request.method!, headers, ...(body !== '' && { body }) });
    return { status: answer.status, text: request.method === 'HEAD' ? '' : await answer.text(), type: answer.headers.get('content-type') ?? 'application/json' };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const send = (status: number, text: string, type = 'application/json'): void => { response.writeHead(status, { 'content-type': type }).end(text); };
    if (request.url!.includes('/_bulk') && wish.refuse > 0) {
      wish.refuse -= 1;
      seen.refused += 1;
      return send(429, '{"error":{"type":"circuit_breaking_exception"},"status":429}');
    }
    if (!request.url!.includes('/_bulk') || (wish.half === 0 && wish.poison === undefined)) {
      const { status, text, type } = await forward(request, body);
      return send(status, text, type);
    }
    const lines = body.trimEnd().split('\n');
    const documents = lines.filter((_, at) => at % 2 === 0).map((action, at) => ({ action, source: lines[at * 2 + 1]! }));
    const isHalf = wish.half > 0;
    if (isHalf) wish.half -= 1;
    const verdicts = documents.map(({ source }, at) => {
      if (wish.poison !== undefined && source.includes(wish.poison)) return 400;
      return isHalf && at % 2 === 0 ? 429 : 200;
    });
    const passed = documents.filter((_, at) => verdicts[at] === 200);
    const real = passed.length === 0 ? [] : (JSON.parse((await forward(request, passed.map(({ action, source }) => `${action}\n${source}\n`).join(''))).text) as BulkAnswer).items;
    seen.halved += verdicts.filter((verdict) => verdict === 429).length;
    seen.poisoned += verdicts.filter((verdict) => verdict === 400).length;
    const items = verdicts.map((verdict) => (verdict === 200 ? real.shift()! : { index: { status: verdict, error: { type: verdict === 400 ? 'mapper_parsing_exception' : 'rejected_execution_exception' } } }));
    send(200, JSON.stringify({ errors: true, items }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`, wish, seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close').catch(() => {});
    },
  };
}
