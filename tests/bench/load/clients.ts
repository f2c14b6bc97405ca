import { openRawSocket, type RawSocket } from './raw-socket.ts';

/**
 * Many reading sockets in a process of their own, driven over IPC. Counts every message every socket got, in order,
 * and times a sample; a commit frame is parsed once however many sockets it reaches.
 */
type Order =
  | { readonly do: 'open'; readonly url: string; readonly subprotocol?: string; readonly hellos: readonly (string | null)[] }
  | { readonly do: 'start' }
  | { readonly do: 'report' }
  | { readonly do: 'close' };

type Reader = { socket: RawSocket; welcomed: boolean; messages: number; lastN: number; disorder: number; closed: number | undefined };
type Known = { readonly messages: number; readonly times: readonly number[]; readonly first: number; readonly last: number };

let isSocketIo = false;
const readers: Reader[] = [];
const known = new Map<string, Known>();
let latenciesUs: number[] = [];
const SAMPLE_EVERY = 50;
const SAMPLES_MAX = 400_000;

const nowUs = () => (performance.timeOrigin + performance.now()) * 1_000;
const TIMES = /t=(\d{15,17});/g;

function read(reader: Reader, index: number, payload: Buffer): void {
  const head = payload.toString('latin1', 0, 40);
  if (head.startsWith('42["message"')) count(reader, index, payload, `${payload.length}:${digitsAfter(payload, '"i":')}`, (text) => parseBare(text.slice('42["message",'.length, -1)));
  else if (head.includes('"commit"')) count(reader, index, payload, `${payload.length}:${digitsAfter(payload, '"n":')}:${digitsAfter(payload, '"seq":')}`, parseCommit);
  else if (head.includes('"message"')) count(reader, index, payload, `${payload.length}:${digitsAfter(payload, '"i":')}`, parseBare);
  else if (head.includes('"welcome"')) reader.welcomed = true;
  else if (isSocketIo) greetSocketIo(reader, head);
}

/** engine.io's greeting and heartbeat, as text frames. */
function greetSocketIo(reader: Reader, head: string): void {
  if (head.startsWith('0')) reader.socket.send('40');
  else if (head.startsWith('40')) reader.welcomed = true;
  else if (head === '2') reader.socket.send('3');
}

function count(reader: Reader, index: number, payload: Buffer, key: string, parse: (text: string) => Known): void {
  let message = known.get(key);
  if (!message) {
    message = parse(payload.toString('utf8'));
    if (known.size > 20_000) known.clear();
    known.set(key, message);
  }
  if (message.messages === 0) return;
  if (reader.lastN > 0 && message.first <= reader.lastN) reader.disorder += 1;
  reader.lastN = message.last;
  reader.messages += message.messages;
  if (index % SAMPLE_EVERY === 0 && latenciesUs.length < SAMPLES_MAX) {
    const now = nowUs();
    for (const time of message.times) latenciesUs.push(now - time);
  }
}

function digitsAfter(payload: Buffer, key: string): string {
  const at = payload.indexOf(key);
  return at < 0 ? '' : payload.toString('latin1', at + key.length, at + key.length + 12).split(/\D/)[0]!;
}

function parseCommit(text: string): Known {
  const frame = JSON.parse(text) as { n: number; events: { type: string; n: number; content?: { text?: string } | null }[] };
  const posts = frame.events.filter(({ type }) => type === 'message.posted');
  const times = posts.flatMap(({ content }) => [...(content?.text ?? '').matchAll(TIMES)].map(([, time]) => Number(time)));
  return { messages: posts.length, times, first: posts[0]?.n ?? 0, last: posts.at(-1)?.n ?? 0 };
}

function parseBare(text: string): Known {
  const { i, t } = JSON.parse(text) as { i: number; t: number };
  return { messages: 1, times: [t], first: i + 1, last: i + 1 };
}

async function open(order: Extract<Order, { do: 'open' }>): Promise<void> {
  const url = new URL(order.url);
  isSocketIo = url.pathname.startsWith('/socket.io');
  for (let from = 0; from < order.hellos.length; from += 50) {
    await Promise.all(order.hellos.slice(from, from + 50).map(async (hello) => {
      const index = readers.length;
      const reader: Reader = { socket: undefined as unknown as RawSocket, welcomed: hello === null && !isSocketIo, messages: 0, lastN: 0, disorder: 0, closed: undefined };
      readers.push(reader);
      let early: Buffer[] | undefined = [];
      reader.socket = await openRawSocket(url, order.subprotocol, (payload) => {
        if (early) early.push(Buffer.from(payload));
        else read(reader, index, payload);
      }, (code) => { reader.closed = code; });
      const before = early;
      early = undefined;
      for (const payload of before) read(reader, index, payload);
      if (hello !== null) reader.socket.send(hello);
    }));
  }
  const end = performance.now() + 30_000;
  while (readers.some(({ welcomed, closed }) => !welcomed && closed === undefined) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The bench sees a peer that is gone and says so. */
const die = (error: unknown): never => {
  console.error(error);
  process.exit(1);
};
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  if (order.do === 'open') {
    open(order).then(
      () => process.send?.({ type: 'opened', sockets: readers.length, welcomed: readers.filter(({ welcomed }) => welcomed).length, closed: readers.flatMap(({ closed }) => closed ?? []) }),
      die,
    );
  } else if (order.do === 'start') {
    // A peer's numbers begin anew with every offer.
    for (const reader of readers) Object.assign(reader, { messages: 0, disorder: 0, lastN: 0 });
    known.clear();
    latenciesUs = [];
    process.send?.({ type: 'started' });
  } else if (order.do === 'report') {
    const counts = readers.map(({ messages }) => messages);
    process.send?.({ type: 'report', least: Math.min(...counts), most: Math.max(...counts), total: counts.reduce((sum, messages) => sum + messages, 0), disorder: readers.reduce((sum, { disorder }) => sum + disorder, 0), closed: readers.flatMap(({ closed }) => closed ?? []), latenciesMs: latenciesUs.map((us) => us / 1_000) });
  } else {
    for (const { socket } of readers) socket.close();
    readers.length = 0;
    process.send?.({ type: 'closed' });
  }
});
process.send?.({ type: 'ready' });
