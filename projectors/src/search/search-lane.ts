import type { NatsConnection } from '@nats-io/nats-core';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { followStream, type StreamMessage, streamState } from '@parley/kernel/event-store/read-stream';
import type { SearchDocument } from '@parley/kernel/search/document';
import type { Sql } from '@parley/kernel/stores/postgres';
import { Awaited } from '../runner/awaited.ts';
import { Fenced, pause, Stopped } from '../runner/failures.ts';
import type { LaneReport } from '../runner/lane-report.ts';
import { anotherLog } from '../runner/worker.ts';
import type { ConversationsAt } from './conversations-at.ts';
import { LanePuts } from './lane-puts.ts';
import type { Found, MessageKey, Rows } from './rows.ts';
import type { PutBatch, SearchTarget } from './target.ts';
import { touchedBy } from './touched.ts';

const batchMessagesMax = 500;
const batchBytesMax = 1024 * 1024;
/** What was stored longer ago is no news: the index is catching up. */
const liveMsMax = 10_000;
/** For so long what can be found already may wait for more to go to the index with it. */
const shownLingerMs = 200;
const owedPollMs = 2_000;
const rowsPollMs = 20;

const streamOf = (room: string): string => streamNames[streamIndexOf('room', room)]!;

export type LaneDeps = { readonly nc: NatsConnection; readonly sql: Sql; readonly target: SearchTarget; readonly rows: Rows; readonly conversations: ConversationsAt };

/**
 * Follows one stream for one index until `signal` aborts: which messages a batch of commits changed, their rows once
 * the conversations have passed it, documents of these to the index, then the position. Whatever fails rejects; the
 * next run begins at the position that the index itself keeps, so nothing is lost and repeating changes nothing.
 */
export async function runSearchLane(deps: LaneDeps, stream: string, report: LaneReport, signal: AbortSignal): Promise<void> {
  const { nc, target, sql } = deps;
  const state = await streamState(nc, stream);
  const found = await target.position(stream, state.epoch);
  const position = found ?? { seq: 0, epoch: state.epoch };
  const problem = anotherLog(position, state);
  if (problem !== undefined) throw new Stopped(`search on ${stream}: rebuild needed: ${problem}`);
  report.running(position.seq, state.epoch, 0);
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const puts = new LanePuts((batch) => target.put(batch), target.show ? shownLingerMs : 0);
  const read = followStream(nc, stream, position.seq + 1, { signal: both, batchMessagesMax, batchBytesMax });
  const batches = prepare(deps, reachedBatches(deps.conversations, read, stream, position.seq, both), stream, both);
  let at = position.seq;
  let wasLive = true;
  let paidAtMs = performance.now();
  try {
    let next = new Awaited(batches.next());
    for (;;) {
      const result = await orOwed(deps, puts, next, { stream, seq: at, epoch: state.epoch });
      if (signal.aborted || result.done) return;
      // Read ahead while this one is shown; its error is met when its turn comes.
      next = new Awaited(batches.next());
      const { toSeq, storedAtMs, documents, owed, events } = result.value;
      if (owed.length > 0) await noteOwed(sql, target.name, owed);
      const batch = { stream, epoch: state.epoch, from: at, to: toSeq, documents, live: Date.now() - storedAtMs < liveMsMax };
      // What was not shown tells its position when it is put: that comes first, or what is told would have a hole.
      if (batch.live && !wasLive) await puts.idle();
      if (batch.live) await target.show?.(batch);
      wasLive = batch.live;
      await puts.add(batch, (tookMs) => {
        report.applied(events, tookMs);
        report.reached(toSeq, storedAtMs);
      });
      at = toSeq;
      // A busy stream leaves no pause to pay in.
      if (performance.now() - paidAtMs < owedPollMs) continue;
      await payOwed(deps, puts, { stream, seq: at, epoch: state.epoch });
      paidAtMs = performance.now();
    }
  } finally {
    ended.abort();
    await puts.stop();
    await batches.return(undefined).catch(() => {});
  }
}

type Prepared = { readonly toSeq: number; readonly storedAtMs: number; readonly events: number; readonly documents: readonly SearchDocument[]; readonly owed: readonly Owed[] };
type Owed = { readonly room: string; readonly fromN: number };

async function* prepare({ rows }: LaneDeps, batches: AsyncIterable<readonly StreamMessage[]>, stream: string, signal: AbortSignal): AsyncGenerator<Prepared> {
  for await (const batch of batches) {
    const { messages, goneRooms } = touchedBy(batch);
    const { seq: toSeq, storedAtMs } = batch.at(-1)!;
    const beforeSeq = batch[0]!.seq - 1;
    for (const room of goneRooms) {
      for await (const documents of rows.ofRoom(room, 0)) yield { toSeq: beforeSeq, storedAtMs, events: 0, documents, owed: [] };
    }
    const keys: MessageKey[] = [...messages].flatMap(([room, numbers]) => [...numbers].map((n) => ({ room, n })));
    const { documents, parked } = keys.length === 0 ? nothing : await foundAt(rows, { keys, stream, seq: toSeq }, signal);
    if (signal.aborted) return;
    const owed = parked.map((room) => ({ room, fromN: Math.min(...messages.get(room)!) }));
    yield { toSeq, storedAtMs, events: batch.length, documents, owed };
  }
}

/**
 * What the stream holds, as far as the rows of conversations have reached it: they move on for many messages at once,
 * and so does the index. Ends when the signal aborts.
 */
async function* reachedBatches(conversations: ConversationsAt, batches: AsyncGenerator<readonly StreamMessage[]>, stream: string, from: number, signal: AbortSignal): AsyncGenerator<readonly StreamMessage[]> {
  let at = from;
  try {
    for (;;) {
      // Before reading, so that all that came meanwhile is read together.
      await conversations.reached(stream, at + 1, signal);
      if (signal.aborted) return;
      const { value, done } = await batches.next();
      if (done) return;
      for (let left: readonly StreamMessage[] = value; left.length > 0;) {
        await conversations.reached(stream, left[0]!.seq, signal);
        if (signal.aborted) return;
        const reached = conversations.at(stream);
        const end = left.findIndex(({ seq }) => seq > reached);
        const now = end < 0 ? left : left.slice(0, end);
        yield now;
        at = now.at(-1)!.seq;
        left = left.slice(now.length);
      }
    }
  } finally {
    await batches.return(undefined).catch(() => {});
  }
}

const nothing: Found = { documents: [], parked: [] };

/** Asks until the rows that are read are as far, or the signal aborts. */
async function foundAt(rows: Rows, asked: Parameters<Rows['at']>[0], signal: AbortSignal): Promise<Found> {
  for (;;) {
    const found = await rows.at(asked);
    if (found || signal.aborted) return found ?? nothing;
    await pause(rowsPollMs, signal);
  }
}

type At = { readonly stream: string; readonly seq: number; readonly epoch: string };

/** The next batch; while none comes, what was owed for rooms that are set aside no more. */
async function orOwed(deps: LaneDeps, puts: LanePuts, next: Awaited<IteratorResult<Prepared>>, at: At): Promise<IteratorResult<Prepared>> {
  while (!(await puts.orFailed(next.within(owedPollMs)))) {
    await puts.idle();
    if (!(await deps.target.isCurrent(at.stream, at.seq))) throw new Fenced(`search-${deps.target.name}`, at.stream, at.seq);
    await payOwed(deps, puts, at);
  }
  return next.value;
}

async function noteOwed(sql: Sql, target: string, owed: readonly Owed[]): Promise<void> {
  await sql`
    insert into search.owed as o (target, room_id, from_n)
    select ${target}, w.room, w."fromN" from json_to_recordset(${JSON.stringify(owed)}::text::json) as w(room text, "fromN" bigint)
    on conflict (target, room_id) do update set from_n = least(o.from_n, excluded.from_n)`;
}

async function payOwed({ sql, target, rows }: LaneDeps, puts: LanePuts, { stream, seq, epoch }: At): Promise<void> {
  const debts = await sql<{ room: string; from_n: number }[]>`select room_id as room, from_n from search.owed where target = ${target.name}`;
  const mine = debts.filter(({ room }) => streamOf(room) === stream);
  if (mine.length === 0) return;
  await puts.idle();
  const parked = new Set(await rows.parked(mine.map(({ room }) => room)));
  for (const { room, from_n: fromN } of mine) {
    if (parked.has(room)) continue;
    for await (const documents of rows.ofRoom(room, fromN)) await target.put({ stream, epoch, from: seq, to: seq, documents, live: false } satisfies PutBatch);
    await sql`delete from search.owed where target = ${target.name} and room_id = ${room}`;
  }
}
