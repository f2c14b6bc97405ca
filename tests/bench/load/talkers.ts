import { monitorEventLoopDelay } from 'node:perf_hooks';
import { keepTime } from './metronome.ts';
import { openRawSocket, type RawSocket } from './raw-socket.ts';

/**
 * People who talk and listen, in a process of their own, driven over IPC. They speak the protocol of the server they
 * are sent to and are otherwise the same: an open loop of sends, timed from the moment each was meant for, and every
 * message that arrives is checked for who said it and in what order, by its text alone.
 */
export type Protocol = 'parley' | 'socket.io' | 'bare';
export type Seat = { readonly url: string; readonly hello?: string; readonly roomId: string; readonly speaker: number };
type Order =
  | { readonly do: 'open'; readonly protocol: Protocol; readonly seats: readonly Seat[] }
  | { readonly do: 'talk'; readonly perSecond: number; readonly seconds: number; readonly bytes: number }
  /** Opens what was closed, and begins every count anew; all processes do so before any of them talks. */
  | { readonly do: 'begin' }
  | { readonly do: 'heard' };

/** What came of a `talk`: how late the generator itself was against its schedule, and how long its event loop was held up. */
export type Talked = { readonly sent: number; readonly cpuSeconds: number; readonly lateMs: number[]; readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number } };
/** What all of this process's seats heard since the last `begin`. `ms` is of messages of others. */
export type Heard = { readonly messages: number; readonly own: number; readonly disorder: number; readonly answered: number; readonly refused: number; readonly closed: number[]; readonly ms: Float64Array };

type Listener = { readonly seat: Seat; socket: RawSocket; ready: boolean; readonly lastOf: Map<number, number>; closed: number | undefined };

const listeners: Listener[] = [];
let protocol: Protocol = 'bare';
let ms: number[] = [];
let [messages, own, disorder, answered, refused] = [0, 0, 0, 0, 0];
const said = new Map<number, number>();
const loopDelay = monitorEventLoopDelay({ resolution: 1 });
loopDelay.enable();

const nowUs = () => (performance.timeOrigin + performance.now()) * 1_000;
const SAID = /s=(\d+);i=(\d+);t=(\d+);/g;

function hear(listener: Listener, payload: Buffer): void {
  const text = payload.toString('latin1');
  SAID.lastIndex = 0;
  let found = SAID.exec(text);
  if (!found) control(listener, text);
  const now = nowUs();
  for (; found; found = SAID.exec(text)) {
    const [speaker, index] = [Number(found[1]), Number(found[2])];
    const expected = (listener.lastOf.get(speaker) ?? 0) + 1;
    if (index !== expected) disorder += 1;
    listener.lastOf.set(speaker, index);
    if (speaker === listener.seat.speaker) own += 1;
    else {
      messages += 1;
      ms.push((now - Number(found[3])) / 1_000);
    }
  }
}

/** Everything that is no message: greetings, heartbeats, answers. */
function control(listener: Listener, text: string): void {
  if (protocol === 'parley') {
    if (text.startsWith('{"type":"ack"')) answered += 1;
    else if (text.startsWith('{"type":"error"')) refused += 1;
    else if (text.startsWith('{"type":"welcome"')) listener.ready = true;
  } else if (protocol === 'socket.io') {
    if (text.startsWith('0')) listener.socket.send('40');
    else if (text.startsWith('40')) listener.ready = true;
    else if (text === '2') listener.socket.send('3');
    else if (text.startsWith('43')) answered += 1;
  }
}

async function open(seats: readonly Seat[]): Promise<void> {
  const opened: Listener[] = seats.map((seat) => ({ seat, socket: undefined as unknown as RawSocket, ready: protocol === 'bare', lastOf: new Map(), closed: undefined }));
  listeners.push(...opened);
  for (const listener of opened) await connect(listener);
  await greeted();
}

async function begin(): Promise<void> {
  for (const listener of listeners.filter(({ closed }) => closed !== undefined)) {
    Object.assign(listener, { ready: protocol === 'bare', closed: undefined });
    await connect(listener);
  }
  await greeted();
  said.clear();
  for (const { lastOf } of listeners) lastOf.clear();
  ms = [];
  [messages, own, disorder, answered, refused] = [0, 0, 0, 0, 0];
}

async function greeted(): Promise<void> {
  const end = performance.now() + 30_000;
  while (listeners.some(({ ready, closed }) => !ready && closed === undefined) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function connect(listener: Listener): Promise<void> {
  const { seat } = listener;
  let early: Buffer[] | undefined = [];
  listener.socket = await openRawSocket(new URL(seat.url), protocol === 'parley' ? 'parley.v1' : undefined, (payload) => {
    if (early) early.push(Buffer.from(payload));
    else hear(listener, payload);
  }, (code) => { listener.closed = code; });
  if (seat.hello !== undefined) listener.socket.send(seat.hello);
  const before = early;
  early = undefined;
  for (const payload of before) hear(listener, payload);
}

let made = 0;
/** Command ids, made here without asking for chance each time. */
function nextId(): string {
  made += 1;
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${(process.pid & 0xfff).toString(16).padStart(3, '0')}-8000-${made.toString(16).padStart(12, '0')}`;
}

function say({ seat, socket }: Listener, dueUs: number, bytes: number): void {
  const index = (said.get(seat.speaker) ?? 0) + 1;
  said.set(seat.speaker, index);
  const text = `s=${seat.speaker};i=${index};t=${Math.round(dueUs)};`.padEnd(bytes, 'x');
  if (protocol === 'parley') socket.send(`{"type":"command","id":"${nextId()}","command":{"type":"post-message","roomId":"${seat.roomId}","text":"${text}"}}`);
  else if (protocol === 'socket.io') socket.send(`42${index}["say","${text}"]`);
  else socket.send(text);
}

async function talk({ perSecond, seconds, bytes }: Extract<Order, { do: 'talk' }>): Promise<Talked> {
  loopDelay.reset();
  const cpu = process.cpuUsage();
  const total = Math.round(perSecond * seconds);
  const lateMs: number[] = [];
  await keepTime({ perSecond, total }, (index, late) => {
    lateMs.push(late);
    say(listeners[index % listeners.length]!, nowUs() - late * 1_000, bytes);
  });
  const used = process.cpuUsage(cpu);
  return { sent: total, cpuSeconds: (used.user + used.system) / 1e6, lateMs, loopDelayMs: { p50: loopDelay.percentile(50) / 1e6, p99: loopDelay.percentile(99) / 1e6, max: loopDelay.max / 1e6 } };
}

const die = (error: unknown): never => {
  console.error(error);
  process.exit(1);
};
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  if (order.do === 'open') {
    ({ protocol } = order);
    open(order.seats).then(() => process.send?.({ ready: listeners.filter(({ ready }) => ready).length }), die);
  } else if (order.do === 'begin') begin().then(() => process.send?.({ type: 'begun' }), die);
  else if (order.do === 'talk') talk(order).then((talked) => process.send?.(talked), die);
  else {
    const heard: Heard = { messages, own, disorder, answered, refused, closed: listeners.flatMap(({ closed }) => closed ?? []), ms: Float64Array.from(ms) };
    process.send?.(heard);
  }
});
process.send?.({ type: 'ready' });
