import { until } from '@parley/dev/until';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Constellation } from '../harness/constellation.ts';
import { get, newRoom, person, post, type Person } from '../harness/people.ts';
import { parley } from '../harness/parley.ts';

/** Goal: a projection that is held back for more than 5 s shows, everywhere where one would look, and is forgotten when it caught up. */
let chat: Constellation;
let ann: Person;
let roomId: string;
beforeAll(async () => {
  chat = await Constellation.start();
  ann = await person(chat, 'behind-ann');
  roomId = await newRoom(ann);
}, 120_000);
afterAll(() => chat?.stop());

type Health = { degraded: string | null; lanes?: { projection: string; stream: string; lagEvents: number; lagSeconds: number }[] };
const health = async (name: 'query-service' | 'projectors') => (await (await fetch(`${chat.service(name).url}/health/projections`)).json()) as Health;
const metrics = async (name: 'query-service' | 'projectors') => (await fetch(`${chat.service(name).url}/metrics`)).text();
const worst = (text: string, name: string) => Math.max(0, ...text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).map((line) => Number(line.split(' ').at(-1))));
const lag = async (...args: string[]) => {
  const { code, stdout } = await parley(chat, ['lag', '--max-seconds', '5', '--json', ...args]);
  return { code, ...(JSON.parse(stdout) as { commits: number; seconds: number; lanes: { projection: string; commits: number }[] }) };
};

async function expectWell(): Promise<void> {
  await chat.settled();
  await until('nobody to be behind', async () => (await health('query-service')).degraded === null && (await health('projectors')).degraded === null, { timeoutMs: 30_000 });
  expect(worst(await metrics('query-service'), 'parley_query_degraded')).toBe(0);
  expect(await lag()).toMatchObject({ code: 0, commits: 0 });
  expect((await get(chat, ann.token, `/v1/rooms/${roomId}/messages`)).body.stale).toBe(false);
}

test('a projection that waits for a lock in PostgreSQL', async () => {
  await post(ann, roomId, 'before');
  await expectWell();
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  let seen = '';
  await sql.begin(async (tx) => {
    await tx`select 1 from ops.checkpoint where projection = 'conversations' for update`;
    const written = await post(ann, roomId, 'held back');
    const begun = performance.now();
    const asked = await get(chat, ann.token, `/v1/rooms/${roomId}/messages?after=${written.cursor}`);
    expect(asked.body).toMatchObject({ stale: true, position: expect.any(String) });
    await until('both to say so', async () => {
      const [query, own] = [await health('query-service'), await health('projectors')];
      seen = `${query.degraded}; ${own.degraded}`;
      return query.degraded !== null && own.degraded !== null;
    }, { timeoutMs: 20_000 });
    console.log(`said after ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${seen}`);
    expect((await health('projectors')).degraded).toMatch(/^conversations on EVT_\d+ is \d+ s behind/);
    expect((await health('query-service')).degraded).toMatch(/\d+ s behind/);
    expect(worst(await metrics('query-service'), 'parley_query_degraded')).toBe(1);
    expect(worst(await metrics('projectors'), 'parley_projection_lag_seconds')).toBeGreaterThan(5);
    expect(worst(await metrics('projectors'), 'parley_projection_lag_events')).toBeGreaterThan(0);
    const behind = await lag();
    expect(behind).toMatchObject({ code: 1, lanes: expect.arrayContaining([expect.objectContaining({ projection: 'conversations', commits: expect.any(Number) })]) });
    expect(behind.seconds).toBeGreaterThan(5);
    // Answers go on, and readiness with them: old ones that say so are better than none.
    expect((await fetch(`${chat.service('query-service').url}/health/ready`)).status).toBe(200);
  });
  await sql.end();
  await expectWell();
}, 90_000);

test('projectors that sleep', async () => {
  await chat.kill('projectors', 0, 'SIGSTOP');
  const begun = performance.now();
  await post(ann, roomId, 'while they sleep');
  await until('query-service to say so', async () => (await health('query-service')).degraded !== null, { timeoutMs: 20_000 });
  console.log(`said after ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${(await health('query-service')).degraded}`);
  expect((await health('query-service')).degraded).toMatch(/^no projector is at work/);
  expect((await lag()).code).toBe(1);
  await chat.kill('projectors', 0, 'SIGCONT');
  await expectWell();
}, 90_000);

test('every projection there is has lanes in health, metrics and `parley lag`', async () => {
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  const known = (await sql<{ projection: string }[]>`select distinct projection from ops.checkpoint order by 1`).map(({ projection }) => projection);
  await sql.end();
  expect(known.length).toBeGreaterThanOrEqual(3);
  const [inHealth, inMetrics, inLag] = [(await health('projectors')).lanes!, await metrics('projectors'), (await lag('--all')).lanes];
  for (const projection of known) {
    expect(inHealth.some((lane) => lane.projection === projection), projection).toBe(true);
    expect(inMetrics, projection).toMatch(new RegExp(`parley_projection_lag_seconds\\{[^}]*projection="${projection}"`));
    expect(inLag.some((lane) => lane.projection === projection), projection).toBe(true);
  }
});
