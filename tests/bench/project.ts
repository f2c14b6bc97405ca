import { createGeneration } from '@parley/projectors/generations/generation';
import { makeUpTo } from '@parley/projectors/generations/generation-tables';
import { hashRows } from '@parley/projectors/rebuild/row-hash';
import { createGroupCommit } from '@parley/projectors/runner/group-commit';
import { LaneReport } from '@parley/projectors/runner/lane-report';
import { Worker } from '@parley/projectors/runner/worker';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { type ReadSide, withReadSide } from './load/read-side.ts';
import { conditions, diskSyncMs, effort, report, row } from './measure.ts';
import { copyIn, copyOut, drop } from './peers/copied-rows.ts';

/** Group commits of a busy evening: many rooms, some commands in each commit. */
const SHAPE = { lines: Number(process.env['BENCH_LINES'] ?? 100_000), authors: 1_000, rooms: 64, linesPerCommit: 16 };
const { rounds: ROUNDS } = effort({ rounds: 5, seconds: 0 });
const FIRST = 1_000;
const POLL_MS = 5;

/** Ours: the workers of a running projector, from the log to rows with every index, until all have reached its end. */
async function ours({ nc, sql, log, opener, conversations }: ReadSide, generation: number): Promise<number> {
  const ref = { projection: conversations.name, generation };
  await sql.begin((tx) => createGeneration(tx, conversations, generation, 'standby'));
  await sql.begin((tx) => makeUpTo(tx, conversations, ref, 'whole'));
  const ends = new Map(await Promise.all(conversations.streams.map(async (stream) => [stream, (await streamState(nc, stream)).lastSeq] as const)));
  const deps = { nc, sql, log, opener: opener(), group: createGroupCommit(sql) };
  const ended = new AbortController();
  const begun = performance.now();
  const lanes = conversations.streams.map((stream) => ({ projection: conversations, generation, stream }));
  const reports = lanes.map((lane) => new LaneReport(lane, false));
  const working = Promise.all(lanes.map((lane, at) => new Worker(deps, lane, reports[at]!, ended.signal).run()));
  const reached = (): boolean => reports.every(({ place, stream }) => place.seq >= ends.get(stream)!);
  while (!reached()) await Promise.race([working, new Promise((resolve) => { setTimeout(resolve, POLL_MS); })]);
  const seconds = (performance.now() - begun) / 1_000;
  ended.abort();
  await working;
  return seconds;
}

await withReadSide(SHAPE, async (side) => {
  const { sql, conversations, events } = side;
  const [mine, peer]: [number[], number[]] = [[], []];
  const hashes = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const made = { projection: conversations.name, generation: FIRST + round * 2 };
    mine.push(events / (await ours(side, made.generation)));
    const rows = await copyOut(sql, made);
    hashes.add((await sql.begin((tx) => hashRows(tx, made))).hash);
    const months = (await sql<{ month: string }[]>`select distinct at_month::text as month from ${sql(`conversations_${made.generation}`)}.message`).map(({ month }) => month);
    await drop(sql, made);
    const copied = { projection: conversations.name, generation: made.generation + 1 };
    peer.push(events / ((await copyIn(sql, conversations, copied.generation, rows, months, false)).copyMs / 1_000));
    hashes.add((await sql.begin((tx) => hashRows(tx, copied))).hash);
    await drop(sql, copied);
  }
  report({
    name: 'project', conditions: { ...conditions(), diskSyncMs: diskSyncMs(side.dir) },
    rows: [row({ case: `${SHAPE.rooms} rooms, ${SHAPE.linesPerCommit} messages per commit`, unit: 'events/s', ours: mine, peer, peerName: 'COPY of the same rows', better: 'higher', goal: 0.5, extra: { events, rounds: ROUNDS } })],
    checks: [{ check: 'every run and every copy holds the same rows', ok: hashes.size === 1, detail: `${hashes.size} different hashes` }],
    measured: 'stream → decoded, checked, opened, folded, written with its checkpoint into tables with every index; peer: COPY of the same rows into tables with the same indexes, from the same process',
  });
});
