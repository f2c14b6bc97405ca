import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { ChatSocket } from '../harness/chat-socket.ts';
import { Constellation } from '../harness/constellation.ts';
import { cpuSecondsOfProcess, memoryOf } from '../harness/memory.ts';
import { accepted, newRoom, person } from '../harness/people.ts';
import { connectTo, offer } from './load/chat-under-load.ts';
import { type Helper, startHelper } from './load/child.ts';
import type { Returned } from './load/stormers.ts';
import { type BenchResult, conditions, effort, limit, progress, quantiles, report, row } from './measure.ts';
import { range } from './statistics.ts';

const CLIENTS = Number(process.env['BENCH_CLIENTS'] ?? 5_000);
const ROOMS = 20;
const PEOPLE = CLIENTS / 5;
const MISSED = 100;
const CONNECTING_AT_ONCE = 256;
const QUERIES_MAX = 20;
const LEAST = `bare ws, handshakes and ${MISSED} ready frames`;
/** Longer than any of the housekeeping's intervals. */
const IDLE_MS = 12_000;
const POSTED_PER_SECOND = 1_000;
const { rounds: ROUNDS } = effort({ rounds: 5, seconds: 0 });

type Hall = { readonly roomId: string; readonly people: readonly { readonly token: string; readonly userId: string }[] };

/** People signed in, each a member of one of the rooms. */
async function furnish(chat: Constellation): Promise<Hall[]> {
  const owner = await person(chat, 'storm-owner', { keep: 'events' });
  const halls = await Promise.all(Array.from({ length: ROOMS }, async () => ({ roomId: await newRoom(owner), people: [] as { token: string; userId: string }[] })));
  let next = 0;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (next < PEOPLE) {
      const index = next;
      next += 1;
      const { token, userId } = await chat.signIn(`storm-${index}`);
      const socket = await ChatSocket.open({ url: chat.url(), token, keep: 'numbers' });
      const hall = halls[index % ROOMS]!;
      await accepted(socket.send({ type: 'join-room', roomId: hall.roomId }));
      socket.close();
      hall.people.push({ token, userId });
    }
  }));
  owner.socket.close();
  return halls;
}

type Statement = { readonly calls: number; readonly query: string };

/** Counts statements on the whole server, all databases. What an idle system runs by itself (heartbeats, checkpoints) is learned first and left out. */
async function statementCounter(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`create extension if not exists pg_stat_statements`;
  const all = async (): Promise<Statement[]> => [...(await sql<Statement[]>`select sum(calls)::int as calls, query from pg_stat_statements where query not ilike '%pg_stat_statements%' group by query order by 1 desc`)];
  await sql`select pg_stat_statements_reset()`;
  await pause(IDLE_MS);
  const housekeeping = new Set((await all()).map(({ query }) => query));
  return {
    reset: () => sql`select pg_stat_statements_reset()`,
    read: async () => (await all()).filter(({ query }) => !housekeeping.has(query)),
    end: () => sql.end(),
  };
}
type StatementCounter = Awaited<ReturnType<typeof statementCounter>>;

type Storm = Returned & { readonly queries: number; readonly byQuery: string; readonly cpuSeconds: number; readonly rssGrowth: number };

async function ourStorm(chat: Constellation, nc: Awaited<ReturnType<typeof connectTo>>, halls: readonly Hall[], clients: Helper, counter: StatementCounter): Promise<Storm> {
  await clients.ask({ do: 'cut' });
  const crowd = { tokens: [], rooms: halls.map(({ roomId }) => roomId), userIds: Array.from({ length: MISSED * ROOMS }, (_, index) => { const { people } = halls[index % ROOMS]!; return people[Math.floor(index / ROOMS) % people.length]!.userId; }) };
  const { acked } = await offer(nc, crowd, POSTED_PER_SECOND, (MISSED * ROOMS) / POSTED_PER_SECOND, 120);
  if (acked !== MISSED * ROOMS) throw new Error(`${acked} of ${MISSED * ROOMS} messages were accepted`);
  await chat.settled();
  const { pid } = chat.service('gateway');
  // The gateway notices that its sockets are gone.
  await pause(500);
  const [cpu, rss] = [cpuSecondsOfProcess(pid), memoryOf(pid)];
  await counter.reset();
  const returned = await clients.ask<Returned>({ do: 'return', atOnce: CONNECTING_AT_ONCE, missed: MISSED }, 180_000);
  const byQuery = await counter.read();
  return { ...returned, queries: byQuery.reduce((sum, { calls }) => sum + calls, 0), byQuery: byQuery.slice(0, 5).map(({ calls, query }) => `${calls}× ${query.replace(/\s+/g, ' ').slice(0, 100)}`).join(' | '), cpuSeconds: cpuSecondsOfProcess(pid) - cpu, rssGrowth: memoryOf(pid) / rss };
}

/** The peer's handshakes; with `frames`, that many of `bytes` each written to everybody once, which is the least that a resume can be. */
async function bareStorm(clients: Helper, bare: Helper, frames: number, bytes: number): Promise<number> {
  await clients.ask({ do: 'cut' });
  await bare.ask({ do: 'greet', frames, bytes });
  await pause(500);
  const { msToAll, caughtUp } = await clients.ask<Returned>({ do: 'return', atOnce: CONNECTING_AT_ONCE, missed: frames }, 180_000);
  if (caughtUp !== CLIENTS) throw new Error(`${caughtUp} of ${CLIENTS} came back to the peer`);
  return msToAll;
}

function resultOf(storms: readonly Storm[], bareMs: readonly number[], leastMs: readonly number[]): Pick<BenchResult, 'rows' | 'checks'> {
  const middle = (of: (storm: Storm) => number): number => range(storms.map(of)).median;
  const extra = { handshakesMs: middle(({ msToConnected }) => msToConnected), oneClientMs: quantiles(storms.flatMap(({ ms }) => ms)), gatewayCpuUsPerClient: middle(({ cpuSeconds }) => (cpuSeconds / CLIENTS) * 1e6), framesPerClient: middle(({ frames }) => frames / CLIENTS), bytesPerClient: middle(({ bytes }) => bytes / CLIENTS), memoryDuringStorm: `${middle(({ rssGrowth }) => rssGrowth).toFixed(2)}×` };
  return {
    rows: [
      row({ case: `${CLIENTS} clients cut at once, ${MISSED} missed messages each: until all have caught up`, unit: 'ms', ours: storms.map(({ msToAll }) => msToAll), peer: bareMs, peerName: 'bare ws, handshakes alone', better: 'lower', goal: 1.3, extra }),
      row({ case: `the same against ${LEAST}`, unit: 'ms', ours: storms.map(({ msToAll }) => msToAll), peer: leastMs, peerName: LEAST, better: 'lower' }),
      row({ case: `${LEAST}, by itself`, unit: 'ms', ours: leastMs, peer: bareMs, peerName: 'bare ws, handshakes alone', better: 'lower' }),
      limit({ case: 'statements on PostgreSQL in all, beyond what an idle system runs', unit: 'statements', ours: storms.map(({ queries }) => queries), better: 'lower', goal: QUERIES_MAX }),
    ],
    checks: storms.map((storm, index) => {
      const ok = storm.caughtUp === CLIENTS && storm.gaps === 0 && storm.repeated === 0 && storm.resets === 0 && storm.closed.length === 0;
      return { check: `round ${index + 1}: every client got the ${MISSED} events it missed, none lost, none doubled, none reset`, ok, detail: `${storm.caughtUp} whole, ${storm.gaps} gaps, ${storm.repeated} repeated, ${storm.resets} resets, ${storm.closed.length} closed; ${storm.queries} statements${storm.byQuery && `: ${storm.byQuery}`}` };
    }),
  };
}

async function main(): Promise<void> {
  const chat = await Constellation.start({ env: { gateway: { ...(process.env['GWPROF'] && { NODE_OPTIONS: process.env['GWPROF'] }), SOCKETS_PER_ADDRESS_MAX: '20000', SIGN_INS_PER_MINUTE_MAX: '100000' } } });
  const helpers = await Promise.all([startHelper('./stormers.ts'), startHelper('./stormers.ts'), startHelper('../peers/bare-ws-server.ts')]);
  const [clients, bareClients, bare] = helpers as [Helper, Helper, Helper];
  let counter: StatementCounter | undefined;
  try {
    const halls = await furnish(chat);
    const nc = await connectTo(chat);
    await chat.settled();
    counter = await statementCounter(chat.servers.postgres.databaseUrl);
    const seats = halls.flatMap(({ people }) => people);
    const opened = await clients.ask<{ ready: number }>({ do: 'open', url: `${chat.url()}/v1/ws`, subprotocol: 'parley.v1', tokens: Array.from({ length: CLIENTS }, (_, index) => seats[index % seats.length]!.token) });
    if (opened.ready !== CLIENTS) throw new Error(`${opened.ready} of ${CLIENTS} were welcomed`);
    await bareClients.ask({ do: 'open', url: `http://127.0.0.1:${String(bare.ready['port'])}/`, tokens: Array.from({ length: CLIENTS }, () => null) });
    const [storms, bareMs, leastMs]: [Storm[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      progress(`resume-storm: round ${round + 1}`);
      const storm = await ourStorm(chat, nc, halls, clients, counter);
      storms.push(storm);
      bareMs.push(await bareStorm(bareClients, bare, 0, 0));
      leastMs.push(await bareStorm(bareClients, bare, MISSED, Math.round(storm.bytes / (CLIENTS * MISSED))));
    }
    await nc.close();
    report({ name: 'resume-storm', measured: `${CLIENTS} sockets of ${PEOPLE} people in ${ROOMS} rooms lose their connections together, come back ${CONNECTING_AT_ONCE} at a time with their cursors, and are done when \`live\` came after all they missed; the peer is the same clients’ WebSocket handshakes with a server that does nothing else, and once more with as many bytes written to each of them`, conditions: conditions(), ...resultOf(storms, bareMs, leastMs) });
  } finally {
    await counter?.end();
    for (const helper of helpers) helper.stop();
    await chat.stop();
  }
}

await main();
