import { setTimeout as pause } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { revocationSubject } from '@parley/contracts/wire/subjects';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { announceErasure } from '@parley/kernel/sealing/erasures';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { dropKeys } from '@parley/kernel/stores/redis-once';
import { redisOf } from '@parley/kernel/stores/redis-settings';
import type { Sql } from '@parley/kernel/stores/postgres';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import type { Vault } from '@parley/kernel/vault/vault';
import { roomsWrittenInBy } from '@parley/projectors/erasure/rooms-of';
import { scrubIndex } from '@parley/projectors/erasure/scrub-index';
import { scrubRoom } from '@parley/projectors/erasure/scrub-room';
import { unreadableIn } from '@parley/projectors/erasure/unreadable';
import { isRebuilding } from '@parley/projectors/rebuild/rebuild';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { openOperator, type PlainCommand } from '../operator.ts';
import { createProgress } from '../progress.ts';
import { searchedIn, searchGroup } from '../rebuild/search-group.ts';
import { need } from '../settings.ts';

/** What is erased: a person's words everywhere, a room's, or those of a month of a room. */
export type Scope = { readonly kind: 'person'; readonly id: string } | { readonly kind: 'room'; readonly id: string; readonly month?: string };
export type ErasureReport = {
  readonly scope: string;
  /** Rooms whose rows were looked through, and rows that still had words. */
  readonly rooms: number;
  readonly rows: number;
  readonly cached: number;
  readonly seconds: number;
  /** Where words may still be, and why; empty: nowhere. */
  readonly left: readonly string[];
};

/** What erasing needs, opened once for all erasures of a command. */
export type Eraser = { readonly nc: NatsConnection; readonly sql: Sql; readonly log: EventLog; readonly vault: Vault; readonly opener: ContentOpener };

const catchUpMsMax = 60_000;
const lookEveryMs = 50;
const roundsMax = 20;

export const scopeName = (scope: Scope): string => (scope.kind === 'person' ? `person:${scope.id}` : `room:${scope.id}${scope.month === undefined ? '' : `:${scope.month}`}`);

/**
 * Begins: from now on nothing of a person is decided any more, and their sessions end. Throws CliError for what the log
 * does not know, before anything is destroyed.
 */
export async function startErasure(context: Context, scope: Scope): Promise<void> {
  const nc = await context.nats();
  if (scope.kind === 'room') {
    if ((await (await openJetStreamLog(nc)).lastSeq(scope)) === 0) throw new CliError(exitCodes.finding, 'The log knows no such room.');
    return;
  }
  if (!(await tell(context, { type: 'start-erasure', userId: scope.id }))) throw new CliError(exitCodes.finding, 'The log knows no such person.');
  nc.publish(revocationSubject, JSON.stringify({ userId: scope.id }));
}

/** Opens what erasing needs; the context closes it. Throws CliError for what is not set or does not answer. */
export async function openEraser(context: Context): Promise<Eraser> {
  const nc = await context.nats();
  const vault = openVault({ url: need(context.settings, 'VAULT_URL'), kek: need(context.settings, 'PARLEY_KEK'), role: 'cli:erase', max: 1 });
  context.onEnd(() => vault[Symbol.asyncDispose]());
  return { nc, sql: await context.database(), log: await openJetStreamLog(nc), vault, opener: context.opener('erase') };
}

/**
 * Destroys the secrets of a scope and takes what was opened with them from every store: first the key, so that nothing
 * new can be read, then the rows, then what is kept of the rows. Every step may be repeated. Throws CliError where it
 * cannot go on; what it could not reach is told in `left`.
 */
export async function eraseScope(context: Context, eraser: Eraser, scope: Scope, reason: string): Promise<ErasureReport> {
  const begun = performance.now();
  const { nc, sql, vault, opener } = eraser;
  const name = scopeName(scope);
  await vault.destroy(name, reason);
  opener.forget(name);
  await announceErasure(nc, name);

  const left: string[] = [];
  const { messages, rows } = await scrubRows(context, eraser, scope, left);
  // A gateway may have opened something with a key that it was just about to forget.
  await announceErasure(nc, name);
  const cached = await dropTails(context, messages, left);
  await scrubOpenSearch(context, sql, messages, left);
  if (await isRebuilding(sql, 'conversations')) left.push('rows are being rebuilt, and what was read for them may be stored yet: let the rebuild end');
  if (scope.kind === 'person' && left.length === 0) {
    // A log that was restored to a time before the person has nothing to end.
    const seqs = await tell(context, { type: 'finish-erasure', userId: scope.id });
    if (seqs && !(await reached(sql, 'people', seqs))) left.push('the projection people has not reached the erasure: are the projectors running?');
  }
  return { scope: name, rooms: messages.size, rows, cached, seconds: Number(((performance.now() - begun) / 1_000).toFixed(1)), left };
}

/** Returns where in the log the answer lies; undefined if it does not know the person. */
async function tell(context: Context, command: PlainCommand): Promise<ReadonlyMap<string, number> | undefined> {
  const operator = await openOperator(await context.nats(), context.signal);
  try {
    const reply = await operator.send(command);
    if (reply.ok) return new Map([[reply.position.stream, reply.position.seq]]);
    if (reply.problem.code === 'not-found') return undefined;
    if (reply.problem.code === 'rename-pending') throw new CliError(exitCodes.unavailable, 'Their name is being changed just now.', 'Run the same command again in a moment.');
    throw new CliError(exitCodes.unavailable, `command-service refuses ${command.type}: ${reply.problem.title}`);
  } finally {
    await operator.close();
  }
}

/**
 * Scrubs rooms until a round finds no words, each after the projections have passed all that was in the log when it
 * began: what they opened before they forgot the key is in the rows by then.
 */
async function scrubRows(context: Context, { nc, sql, log, opener }: Eraser, scope: Scope, left: string[]): Promise<{ messages: ReadonlyMap<string, readonly number[]>; rows: number }> {
  let rows = 0;
  for (let round = 1; ; round += 1) {
    const heads = new Map(await Promise.all(streamNames.slice(0, eventStreams).map(async (stream) => [stream, (await streamState(nc, stream)).lastSeq] as const)));
    const isCurrent = await reached(sql, 'conversations', heads);
    const rooms = scope.kind === 'person' ? await roomsWrittenInBy(sql, scope.id) : [scope.id];
    const progress = createProgress(`erase ${scopeName(scope)}`, 'rooms', rooms.length);
    const messages = new Map<string, readonly number[]>();
    let found = 0;
    for (const [at, room] of rooms.entries()) {
      context.signal.throwIfAborted();
      const unreadable = await unreadableIn(log, opener, room);
      found += await scrubRoom(sql, room, unreadable);
      messages.set(room, unreadable.messages);
      progress.update(at + 1, `${rows + found} rows`);
    }
    progress.end();
    rows += found;
    if (!isCurrent) left.push('the projection conversations is behind: what it has read and not stored may come into the rows');
    if (!isCurrent || found === 0) return { messages, rows };
    if (round === roundsMax) throw new CliError(exitCodes.unavailable, 'Words come back into the rows although their key is destroyed: some process does not hear of it.', 'Restart projectors and gateways, then run the same command again.');
  }
}

/** Waits until every generation of a projection is as far as `seqs`, for a minute at most. Says whether it is. */
async function reached(sql: Sql, projection: string, seqs: ReadonlyMap<string, number>): Promise<boolean> {
  const until = performance.now() + catchUpMsMax;
  for (;;) {
    const lanes = await sql<{ stream: string; seq: number }[]>`
      select c.stream, c.seq from ops.checkpoint c join ops.generation g using (projection, generation)
      where projection = ${projection} and g.state in ('active', 'standby')`;
    if (lanes.every(({ stream, seq }) => seq >= (seqs.get(stream) ?? 0))) return true;
    if (performance.now() > until) return false;
    await pause(lookEveryMs);
  }
}

async function dropTails({ settings }: Context, rooms: ReadonlyMap<string, unknown>, left: string[]): Promise<number> {
  const redis = redisOf(settings);
  if (redis === undefined) return 0;
  try {
    return await dropKeys(redis, 'tail:*', (key) => rooms.has(key.split(':')[1] ?? ''));
  } catch (error) {
    left.push(`Redis cannot be asked (${error instanceof Error ? error.message : String(error)}): what it keeps expires within 5 minutes`);
    return 0;
  }
}

/** Indexes that stand by for a rollback go: they can be made again. */
async function scrubOpenSearch(context: Context, sql: Sql, messages: ReadonlyMap<string, readonly number[]>, left: string[]): Promise<void> {
  const openSearch = searchedIn(context);
  if (!openSearch) return;
  try {
    for (const [room, numbers] of messages) await scrubIndex(sql, openSearch, context.settings.OPENSEARCH_INDEX, room, numbers);
    await searchGroup.dropOld(context, 'search');
  } catch (error) {
    left.push(`the search index cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
  }
}
