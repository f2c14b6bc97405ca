import { Constellation } from '../harness/constellation.ts';
import { cpuSecondsOfFamily } from '../harness/memory.ts';
import { accepted, newRoom, person, type Person } from '../harness/people.ts';
import { startHelper, type Helper } from './load/child.ts';
import { floor } from './load/floor.ts';
import type { Heard, Protocol, Seat, Talked } from './load/talkers.ts';
import { type BenchResult, type BenchRow, conditions, effort, progress, quantiles, report, row } from './measure.ts';
import { range } from './statistics.ts';

const ROOMS = 10;
const MEMBERS_PER_ROOM = 10;
const TEXT_BYTES = 120;
const RATES = [200, 1_000];
const SETTLE_MS_MAX = 10_000;
const LEAST = 'bare ws relay through the log, 2 nodes';
const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 5, seconds: 4 });

/** A system under test: two processes of talkers at its doors, and the processes whose CPU it costs. */
type Side = { readonly name: string; readonly talkers: readonly Helper[]; readonly pids: readonly number[] };
type Round = { readonly p50: number; readonly p99: number; readonly ms: number[]; readonly cpuUs: number; readonly lateMs: number[]; readonly loopP99: number; readonly problem: string };

/** Two processes of people at a system's doors; every room has half of its people in each, so all of it crosses between them. */
async function seated(name: string, protocol: Protocol, pids: readonly number[], seat: (room: number, member: number) => Omit<Seat, 'speaker'>): Promise<Side> {
  const talkers = await Promise.all([startHelper('./talkers.ts'), startHelper('./talkers.ts')]);
  const seats = talkers.map((_, half) => Array.from({ length: (ROOMS * MEMBERS_PER_ROOM) / 2 }, (_unused, index): Seat => {
    const [room, member] = [index % ROOMS, Math.floor(index / ROOMS) * 2 + half];
    return { ...seat(room, member), speaker: room * MEMBERS_PER_ROOM + member };
  }));
  for (const [half, helper] of talkers.entries()) {
    const { ready } = await helper.ask<{ ready: number }>({ do: 'open', protocol, seats: seats[half] });
    if (ready !== seats[half]!.length) throw new Error(`${name} welcomed ${ready} of ${seats[half]!.length}`);
  }
  return { name, talkers, pids };
}

async function ours(chat: Constellation): Promise<Side> {
  const rooms: { roomId: string; people: Person[] }[] = [];
  for (let index = 0; index < ROOMS; index += 1) {
    const people: Person[] = [];
    // Senders enough that nobody meets the limit per person.
    for (let member = 0; member < MEMBERS_PER_ROOM; member += 1) people.push(await person(chat, `latency-${index}-${member}`, { keep: 'events' }));
    const roomId = await newRoom(people[0]!);
    for (const member of people.slice(1)) await accepted(member.socket.send({ type: 'join-room', roomId }));
    for (const { socket } of people) socket.close();
    rooms.push({ roomId, people });
  }
  const pids = [...(['gateway', 'command-service', 'projectors', 'query-service'] as const).map((name) => chat.service(name).pid), chat.servers.nats.pid, chat.servers.postgres.pid];
  return seated('Parley', 'parley', pids, (room, member) => {
    const { roomId, people } = rooms[room]!;
    return { url: `${chat.url()}/v1/ws`, hello: JSON.stringify({ type: 'hello', token: people[member]!.token }), roomId };
  });
}

const portOf = ({ ready }: Helper): string => `http://127.0.0.1:${String(ready['port'])}`;

function atSocketIo(name: string, nodes: readonly Helper[], pids: readonly number[]): Promise<Side> {
  return seated(name, 'socket.io', [...nodes.map(({ pid }) => pid), ...pids], (room, member) => ({ url: `${portOf(nodes[member % nodes.length]!)}/socket.io/?EIO=4&transport=websocket&room=${room}`, roomId: String(room) }));
}

/** One round: everybody talks, then all that was said must have been heard, once, in each speaker's order. */
async function measured({ name, talkers, pids }: Side, perSecond: number): Promise<Round> {
  // Whoever was cut off in an earlier round comes again: that round is void, this one need not be.
  for (const helper of talkers) await helper.ask({ do: 'begin' });
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSecondsOfFamily(pid), 0);
  const before = cpu();
  const talked = await Promise.all(talkers.map((helper) => helper.ask<Talked>({ do: 'talk', perSecond: perSecond / talkers.length, seconds: SECONDS, bytes: TEXT_BYTES })));
  const sent = talked.reduce((sum, each) => sum + each.sent, 0);
  let heard: Heard[];
  const end = performance.now() + SETTLE_MS_MAX;
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    heard = await Promise.all(talkers.map((helper) => helper.ask<Heard>({ do: 'heard' })));
  } while (total(heard, 'messages') < sent * (MEMBERS_PER_ROOM - 1) && performance.now() < end);
  const ms = heard.flatMap((each) => [...each.ms]);
  const { p50, p99 } = quantiles(ms);
  const wrong = total(heard, 'messages') !== sent * (MEMBERS_PER_ROOM - 1) || total(heard, 'own') !== sent || total(heard, 'disorder') + total(heard, 'refused') > 0 || heard.some(({ closed }) => closed.length > 0);
  return {
    p50, p99, ms, cpuUs: ((cpu() - before) / sent) * 1e6, lateMs: talked.flatMap(({ lateMs }) => lateMs), loopP99: Math.max(...talked.map(({ loopDelayMs }) => loopDelayMs.p99)),
    problem: wrong ? `${name}: ${sent} sent, ${total(heard, 'messages')} heard by others, ${total(heard, 'own')} by themselves, ${total(heard, 'disorder')} out of order, ${total(heard, 'refused')} refused, ${total(heard, 'answered')} answered, closed ${heard.flatMap(({ closed }) => closed).slice(0, 5).join(' ')}` : '',
  };
}

const total = (heard: readonly Heard[], what: 'messages' | 'own' | 'disorder' | 'answered' | 'refused'): number => heard.reduce((sum, each) => sum + each[what], 0);

type Measured = { readonly floorMs: number[]; readonly bySide: ReadonlyMap<string, Round[]> };

function rowsOf(perSecond: number, { floorMs, bySide }: Measured): BenchRow[] {
  const of = (name: string): Round[] => bySide.get(name) ?? [];
  const p = (name: string, which: 'p50' | 'p99') => of(name).map((round) => round[which]);
  const extra = Object.fromEntries([...bySide].map(([name, rounds]) => [name, { ...quantiles(rounds.flatMap(({ ms }) => ms)), cpuUsPerMessage: range(rounds.map(({ cpuUs }) => cpuUs)).median, generatorLateMsP99: quantiles(rounds.flatMap(({ lateMs }) => lateMs)).p99, generatorLoopDelayMsP99: range(rounds.map(({ loopP99 }) => loopP99)).median }]));
  const against = (peer: string, goal?: number) => row({ case: `${perSecond}/s, p99 against ${peer}`, unit: 'ms', ours: p('Parley', 'p99'), peer: p(peer, 'p99'), peerName: peer, better: 'lower', ...(goal && { goal }) });
  return [
    row({ case: `${perSecond}/s, p50`, unit: 'ms', ours: p('Parley', 'p50'), peer: floorMs, peerName: 'floor: HTTP echo + publish + consume + socket send, idle', better: 'lower', goal: 1.5, extra }),
    against('socket.io, 2 nodes + Redis streams', 1),
    against('socket.io, 1 node + Redis streams'),
    against(LEAST),
    against('bare ws relay in memory'),
    row({ case: `${perSecond}/s, p99 of ${LEAST}`, unit: 'ms', ours: p(LEAST, 'p99'), peer: p('socket.io, 2 nodes + Redis streams', 'p99'), peerName: 'socket.io, 2 nodes + Redis streams', better: 'lower' }),
  ];
}

function curveOf(perSecond: number, { bySide }: Measured): NonNullable<BenchResult['curves']>[number] {
  const shares = [0.5, 0.9, 0.99, 0.999];
  return {
    title: `latency at ${perSecond.toLocaleString('en')} messages/s: send to another member’s socket`, x: 'share of messages that took no longer', ticks: shares.map((share) => ({ at: Math.round(1 / (1 - share)), label: `${share * 100} %` })), y: 'milliseconds (logarithmic)', logX: true, logY: true,
    series: [...bySide].map(([name, rounds]) => ({ name, points: shares.map((share) => ({ x: Math.round(1 / (1 - share)), y: range(rounds.map(({ ms }) => at(ms, share))) })) })),
  };
}

function at(ms: readonly number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

async function main(): Promise<void> {
  const chat = await Constellation.start();
  const redis = chat.servers.redis;
  if (!redis) throw new Error('There is no Redis.');
  const socketIo = (stream: string) => startHelper('../peers/socket-io-server.ts', [], { REDIS_URL: redis.url, STREAM: stream });
  const logRelay = () => startHelper('../peers/log-relay.ts', [], { NATS_URL: chat.servers.natsUrl });
  const peers = await Promise.all([socketIo('two'), socketIo('two'), socketIo('one'), startHelper('../peers/bare-relay.ts'), logRelay(), logRelay()]);
  const [first, second, alone, relay, ...least] = peers as [Helper, Helper, Helper, Helper, ...Helper[]];
  let sides: Side[] = [];
  try {
    sides = [
      await ours(chat),
      await atSocketIo('socket.io, 2 nodes + Redis streams', [first, second], [redis.pid]),
      await atSocketIo('socket.io, 1 node + Redis streams', [alone], [redis.pid]),
      await seated(LEAST, 'bare', [...least.map(({ pid }) => pid), chat.servers.nats.pid], (room, member) => ({ url: `${portOf(least[member % least.length]!)}/?room=${room}`, roomId: String(room) })),
      await seated('bare ws relay in memory', 'bare', [relay.pid], (room) => ({ url: `${portOf(relay)}/?room=${room}`, roomId: String(room) })),
    ];
    for (const side of sides) await measured(side, 200);
    const [rows, checks, curves]: [BenchRow[], BenchResult['checks'][number][], NonNullable<BenchResult['curves']>[number][]] = [[], [], []];
    for (const perSecond of RATES) {
      progress(`latency: ${perSecond} messages/s`);
      const result: Measured = { floorMs: [], bySide: new Map(sides.map(({ name }) => [name, []])) };
      for (let round = 1; round <= ROUNDS; round += 1) {
        result.floorMs.push(quantiles(await floor(chat.servers.natsUrl)).p50);
        for (const side of sides) {
          const figures = await measured(side, perSecond);
          result.bySide.get(side.name)?.push(figures);
          checks.push({ check: `${side.name}, ${perSecond}/s, round ${round}: every message reached all others once, in its speaker’s order`, ok: figures.problem === '', ...(figures.problem && { detail: figures.problem }) });
        }
      }
      rows.push(...rowsOf(perSecond, result));
      curves.push(curveOf(perSecond, result));
    }
    report({ name: 'latency', measured: `from the intended moment of sending on one socket to the other members’ sockets; ${ROOMS * MEMBERS_PER_ROOM} sockets in rooms of ${MEMBERS_PER_ROOM}, half of each room in either of two client processes; Parley stores and syncs every message before anybody hears it, the peers store nothing but one: the least that has a log between`, conditions: conditions(), rows, checks, curves });
  } finally {
    for (const helper of [...peers, ...sides.flatMap(({ talkers }) => talkers)]) helper.stop();
    await chat.stop();
  }
}

await main();
