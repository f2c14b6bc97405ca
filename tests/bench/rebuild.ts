import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import { hashRows } from '@parley/projectors/rebuild/row-hash';
import { makeGeneration } from '@parley/projectors/rebuild/rebuild';
import { type ReadSide, withReadSide } from './load/read-side.ts';
import { conditions, diskSyncMs, effort, report, row } from './measure.ts';
import { copyIn, copyOut, drop } from './peers/copied-rows.ts';

/** As large as 153 days of #ubuntu, in one room, as the import writes them. */
const SHAPE = { lines: Number(process.env['BENCH_LINES'] ?? 220_463), authors: 15_700, rooms: 1, linesPerCommit: 100 };
const { rounds: ROUNDS } = effort({ rounds: 5, seconds: 0 });
/** A lower bound for one thread: rows are copied beside the opening, for nothing, and made whole after the last of them. */
const LEAST = 'parsing and opening alone or COPY, then the indexes';
const FIRST_PEER = 1_000;

/** Ours: event 1 to rows with all indexes, vacuumed, at the log's end; comparing and swapping are not in it. */
async function ours({ nc, sql, log, opener, conversations }: ReadSide): Promise<{ seconds: number; generation: number }> {
  const deps = { nc, sql, log, opener: opener(), signal: new AbortController().signal };
  const begun = performance.now();
  const { made } = await makeGeneration(deps, conversations, { verify: false });
  return { seconds: (performance.now() - begun) / 1_000, generation: made.generation };
}

/** The bytes of every stream that the projection reads, looked at no further. */
async function drain({ nc, conversations }: ReadSide): Promise<number> {
  const begun = performance.now();
  let bytes = 0;
  for (const stream of conversations.streams) {
    const { lastSeq } = await streamState(nc, stream);
    for await (const batch of drainStream(nc, stream, 1, lastSeq)) for (const message of batch) bytes += message.bytes.length;
  }
  if (bytes === 0) throw new Error('the log is empty');
  return (performance.now() - begun) / 1_000;
}

/** What no reading of the log can leave out, on one thread: its messages fetched, parsed and their texts opened, with nothing checked, folded or written. */
async function openAlone({ nc, conversations, opener }: ReadSide): Promise<number> {
  const begun = performance.now();
  const content = opener();
  let opened = 0;
  for (const stream of conversations.streams) {
    const { lastSeq } = await streamState(nc, stream);
    for await (const batch of drainStream(nc, stream, 1, lastSeq)) {
      const items = batch.flatMap(({ bytes }) => {
        const { kind, id, events } = decodeCommit(bytes);
        return events.map((event) => ({ kind, id, event, index: 0 }));
      });
      opened += (await content.openAll(items)).length;
    }
  }
  if (opened < SHAPE.lines) throw new Error(`${opened} events were opened`);
  return (performance.now() - begun) / 1_000;
}

await withReadSide(SHAPE, async (side) => {
  const { sql, conversations } = side;
  const [mine, peer, drains, copies, opens, least]: [number[], number[], number[], number[], number[], number[]] = [[], [], [], [], [], []];
  const hashes = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { seconds, generation } = await ours(side);
    mine.push(seconds);
    const ref = { projection: conversations.name, generation };
    const rows = await copyOut(sql, ref);
    hashes.add((await sql.begin((tx) => hashRows(tx, ref))).hash);
    const months = (await sql<{ month: string }[]>`select distinct at_month::text as month from ${sql(`conversations_${generation}`)}.message`).map(({ month }) => month);
    await drop(sql, ref);
    drains.push(await drain(side));
    const copied = { projection: conversations.name, generation: FIRST_PEER + round * 2 };
    const { copyMs, indexMs } = await copyIn(sql, conversations, copied.generation, rows, months, true);
    copies.push((copyMs + indexMs) / 1_000);
    hashes.add((await sql.begin((tx) => hashRows(tx, copied))).hash);
    await drop(sql, copied);
    peer.push(Math.max(drains.at(-1)!, copies.at(-1)!));
    opens.push(await openAlone(side));
    least.push((Math.max(opens.at(-1)! * 1_000, copyMs) + indexMs) / 1_000);
  }
  report({
    name: 'rebuild', conditions: { ...conditions(), diskSyncMs: diskSyncMs(side.dir) },
    rows: [
      row({ case: `${SHAPE.lines.toLocaleString('en')} messages of one room`, unit: 's', ours: mine, peer, peerName: 'the longer of drain and COPY', better: 'lower', goal: 1.35, extra: { drainS: drains, copyS: copies, openS: opens, rounds: ROUNDS } }),
      row({ case: `the same against ${LEAST}`, unit: 's', ours: mine, peer: least, peerName: LEAST, better: 'lower' }),
      row({ case: `${LEAST}, by itself`, unit: 's', ours: least, peer, peerName: 'the longer of drain and COPY', better: 'lower' }),
    ],
    checks: [{ check: 'every rebuild and every copy holds the same rows', ok: hashes.size === 1, detail: `${hashes.size} different hashes` }],
    measured: 'event 1 → rows with all indexes, vacuumed, at the end of the log; peer: the streams’ bytes drained, or the same rows by COPY into tables of the same make, indexed and vacuumed after it, whichever takes longer',
  });
});
