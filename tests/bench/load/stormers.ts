import { openRawSocket, type RawSocket } from './raw-socket.ts';

/**
 * Clients that are cut off together and come back together, in a process of their own. Each keeps the cursor of the
 * last frame it got, resumes with it, and checks that the numbers of its room go on without hole or repetition.
 */
type Order =
  | { readonly do: 'open'; readonly url: string; readonly subprotocol?: string; readonly tokens: readonly (string | null)[] }
  | { readonly do: 'cut' }
  /** Everybody comes back, so many connecting at a time; answered once all have `missed` events more, or after a while. */
  | { readonly do: 'return'; readonly atOnce: number; readonly missed: number };

export type Returned = { readonly msToConnected: number; readonly msToAll: number; readonly caughtUp: number; readonly resets: number; readonly gaps: number; readonly repeated: number; readonly frames: number; readonly bytes: number; readonly closed: number[]; readonly ms: number[] };

type Client = { readonly token: string | null; socket: RawSocket | undefined; cursor: string; lastN: number; missed: number; live: boolean; doneAtMs: number; closed: number | undefined };
type Commit = { readonly first: number; readonly last: number; readonly count: number };

const clients: Client[] = [];
let [url, subprotocol]: [URL | undefined, string | undefined] = [undefined, undefined];
let [gaps, repeated, resets, frames, bytes, wanted, left] = [0, 0, 0, 0, 0, 0, 0];
const known = new Map<string, Commit>();
const WAIT_MS_MAX = 120_000;

function read(client: Client, payload: Buffer): void {
  bytes += payload.length;
  const head = payload.toString('latin1', 0, 120);
  if (head.startsWith('{"type":"commit","kind":"room"')) commit(client, payload, head);
  else if (head.startsWith('{"type":"welcome"')) welcome(client, payload);
  else if (head.startsWith('{"type":"plain"')) {
    frames += 1;
    client.missed += 1;
  } else if (head.startsWith('{"type":"live"')) {
    client.cursor = cursorIn(payload);
    client.live = true;
  }
  finish(client);
}

function finish(client: Client): void {
  if (!client.live || client.missed < wanted || client.doneAtMs > 0) return;
  client.doneAtMs = performance.now();
  left -= 1;
}

function welcome(client: Client, payload: Buffer): void {
  const text = payload.toString('latin1');
  if (text.includes('"resume":"resumed"')) return;
  if (text.includes('"resume":"reset"')) resets += 1;
  client.cursor = cursorIn(payload);
  client.live = true;
}

/** All clients of a room get the same events: each commit is parsed once, known by its room and first number. */
function commit(client: Client, payload: Buffer, head: string): void {
  frames += 1;
  const key = head.slice(30, head.indexOf('"at"'));
  let found = known.get(key);
  if (!found) {
    const { events } = JSON.parse(payload.toString('utf8')) as { events: { n: number }[] };
    found = { first: events[0]!.n, last: events.at(-1)!.n, count: events.length };
    known.set(key, found);
  }
  if (client.lastN > 0 && found.first > client.lastN + 1) gaps += 1;
  if (found.first <= client.lastN) repeated += 1;
  client.lastN = found.last;
  client.missed += found.count;
  client.cursor = cursorIn(payload);
}

function cursorIn(payload: Buffer): string {
  const at = payload.lastIndexOf('"cursor":"');
  return payload.toString('latin1', at + 10, payload.indexOf('"', at + 10));
}

async function connect(client: Client): Promise<void> {
  if (!url) throw new Error('nothing to connect to');
  client.closed = undefined;
  let early: Buffer[] | undefined = [];
  const socket = await openRawSocket(url, subprotocol, (payload) => {
    if (early) early.push(Buffer.from(payload));
    else read(client, payload);
  }, (code) => { client.closed = code; });
  client.socket = socket;
  if (client.token !== null) socket.send(JSON.stringify({ type: 'hello', token: client.token, ...(client.cursor && { cursor: client.cursor }) }));
  else {
    client.live = true;
    finish(client);
  }
  const before = early;
  early = undefined;
  for (const payload of before) read(client, payload);
}

async function connectAll(atOnce: number): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < clients.length) {
      const client = clients[next]!;
      next += 1;
      await connect(client);
    }
  }));
}

async function everybodyIn(): Promise<void> {
  const end = performance.now() + WAIT_MS_MAX;
  while (left > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function open(order: Extract<Order, { do: 'open' }>): Promise<object> {
  [url, subprotocol] = [new URL(order.url), order.subprotocol];
  for (const token of order.tokens) clients.push({ token, socket: undefined, cursor: '', lastN: 0, missed: 0, live: false, doneAtMs: 0, closed: undefined });
  [wanted, left] = [0, clients.length];
  await connectAll(32);
  await everybodyIn();
  return { ready: clients.filter(({ doneAtMs }) => doneAtMs > 0).length };
}

async function comeBack({ atOnce, missed }: Extract<Order, { do: 'return' }>): Promise<Returned> {
  [gaps, repeated, resets, frames, bytes, wanted, left] = [0, 0, 0, 0, 0, missed, clients.length];
  for (const client of clients) Object.assign(client, { missed: 0, live: false, doneAtMs: 0 });
  known.clear();
  const begun = performance.now();
  await connectAll(atOnce);
  const connected = performance.now();
  await everybodyIn();
  const done = clients.filter(({ doneAtMs }) => doneAtMs > 0);
  return {
    msToConnected: connected - begun, msToAll: Math.max(...done.map(({ doneAtMs }) => doneAtMs)) - begun, caughtUp: done.filter((client) => client.missed === missed).length,
    resets, gaps, repeated, frames, bytes, closed: clients.flatMap(({ closed }) => closed ?? []), ms: done.map(({ doneAtMs }) => doneAtMs - begun),
  };
}

const die = (error: unknown): never => {
  console.error(error);
  process.exit(1);
};
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  if (order.do === 'open') open(order).then((opened) => process.send?.(opened), die);
  else if (order.do === 'return') comeBack(order).then((returned) => process.send?.(returned), die);
  else {
    for (const { socket } of clients) socket?.socket.destroy();
    process.send?.({ type: 'cut' });
  }
});
process.send?.({ type: 'ready' });
