import { openOpenSearch } from '@parley/kernel/search/opensearch';
import { v7 as uuidv7 } from 'uuid';
import { Constellation } from '../harness/constellation.ts';
import { openSearchForTests } from '../harness/opensearch.ts';
import { accepted, newRoom, person, type Person } from '../harness/people.ts';
import { keepTime } from './load/metronome.ts';
import { conditions, effort, limit, quantiles, report, row } from './measure.ts';

const ROOMS = 10;
const PER_SECOND = 200;
/** Every so many messages one is looked for. */
const PROBE_EVERY = 20;
const POLL_MS = 10;
const GIVE_UP_MS = 10_000;
const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 5, seconds: 10 });

type Room = { readonly roomId: string; readonly people: readonly Person[] };
type Found = (word: string, asker: Person, roomId: string) => Promise<boolean>;

async function furnish(chat: Constellation): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let index = 0; index < ROOMS; index += 1) {
    const people: Person[] = [];
    for (let member = 0; member < 4; member += 1) people.push(await person(chat, `fresh-${index}-${member}`, { keep: 'events' }));
    const roomId = await newRoom(people[0]!);
    for (const member of people.slice(1)) await accepted(member.socket.send({ type: 'join-room', roomId }));
    rooms.push({ roomId, people });
  }
  return rooms;
}

/** Milliseconds from the acknowledgement of a message until it is found, for one of every ten sent. */
async function fresh(rooms: readonly Room[], found: Found): Promise<{ ms: number[]; lost: number; sent: number }> {
  const total = PER_SECOND * SECONDS;
  const ms: number[] = [];
  let lost = 0;
  const probes: Promise<void>[] = [];
  const sends: Promise<unknown>[] = [];
  await keepTime({ perSecond: PER_SECOND, total }, (index) => {
    const { roomId, people } = rooms[index % ROOMS]!;
    const sender = people[Math.floor(index / ROOMS) % people.length]!;
    const word = `w${uuidv7().replaceAll('-', '')}`;
    const sending = accepted(sender.socket.send({ type: 'post-message', roomId, text: `somebody said ${word} here` }));
    sends.push(sending);
    if (index % PROBE_EVERY !== 0) return;
    probes.push(sending.then(async () => {
      const acked = performance.now();
      while (!(await found(word, people[0]!, roomId))) {
        if (performance.now() - acked > GIVE_UP_MS) {
          lost += 1;
          return;
        }
        await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      }
      ms.push(performance.now() - acked);
    }));
  });
  await Promise.all([...sends, ...probes]);
  return { ms, lost, sent: total };
}

const throughGateway = (chat: Constellation): Found => async (word, { token }, roomId) => {
  const answer = await fetch(`${chat.url()}/v1/search?${new URLSearchParams({ q: word, room: roomId })}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.ok && ((await answer.json()) as { data: { hits: unknown[] } }).data.hits.length === 1;
};

async function main(): Promise<void> {
  await using server = await openSearchForTests();
  const index = `bench-${uuidv7().replaceAll('-', '')}x`;
  const env = { gateway: { REQUESTS_PER_SECOND_MAX: '100000' } };
  await using withOpenSearch = await Constellation.start({ openSearch: { url: server.url, index }, env });
  await using withPostgres = await Constellation.start({ env });
  const openSearch = openOpenSearch({ OPENSEARCH_URL: server.url, OPENSEARCH_INDEX: index });
  const directly: Found = async (word) => {
    const { body } = await openSearch.request('POST', `/${index}/_search`, { size: 1, _source: false, query: { term: { words: word } } });
    return (body as { hits: { hits: unknown[] } }).hits.hits.length === 1;
  };
  const cases = [
    { name: 'opensearch', rooms: await furnish(withOpenSearch), found: throughGateway(withOpenSearch) },
    { name: 'postgres', rooms: await furnish(withPostgres), found: throughGateway(withPostgres) },
  ];
  const rows = [];
  const checks = [];
  const peer: number[] = [];
  const ours = new Map<string, { p99: number[]; all: number[] }>(cases.map(({ name }) => [name, { p99: [], all: [] }]));
  for (const { rooms, found } of cases) await fresh(rooms, found);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, rooms, found } of cases) {
      const { ms, lost, sent } = await fresh(rooms, found);
      ours.get(name)!.p99.push(quantiles(ms).p99);
      ours.get(name)!.all.push(...ms);
      checks.push({ check: `${name}, round ${round + 1}: every message that was looked for was found`, ok: lost === 0 && ms.length === sent / PROBE_EVERY, detail: `${ms.length} of ${sent / PROBE_EVERY}` });
    }
    peer.push(quantiles((await fresh(cases[0]!.rooms, directly)).ms).p99);
  }
  for (const { name } of cases) {
    const { p99, all } = ours.get(name)!;
    rows.push(limit({ case: `${name}: acknowledged → found, p99`, unit: 'ms', ours: p99, better: 'lower', goal: 100, extra: { allMs: quantiles(all) } }));
  }
  rows.push(row({ case: 'opensearch: p99 beside OpenSearch asked directly', unit: 'ms', ours: ours.get('opensearch')!.p99, peer, peerName: 'the same index, asked directly (refresh every second)', better: 'lower', goal: 0.2 }));
  report({ name: 'search-fresh', measured: `from the acknowledgement on the sender’s socket until a search through the gateway answers with the message, asked again every ${POLL_MS} ms; ${PER_SECOND} messages/s in ${ROOMS} rooms, one of ${PROBE_EVERY} looked for`, conditions: conditions(), rows, checks });
  await openSearch.close();
}

await main();
