import type { NatsConnection } from '@nats-io/transport-node';
import { type AggregateKind, aggregateKinds, type AggregateRef, type Commit } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { CliError, exitCodes } from '../exit-codes.ts';
import { quoted } from '../printable.ts';

export type ReadCommit = { readonly seq: number; readonly storedAtMs: number; readonly bytes: number; readonly commit: Commit };

/** Reads what a person writes for an aggregate. Throws CliError (2). */
export function aggregateFrom(kind: string, id: string): AggregateRef {
  if (!aggregateKinds.includes(kind as AggregateKind)) throw new CliError(exitCodes.usage, `${quoted(kind)} is no kind of aggregate.`, `Kinds are ${aggregateKinds.join(', ')}.`);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new CliError(exitCodes.usage, `${quoted(id)} is no id.`, 'An id is 1 to 64 letters, digits, "_" or "-".');
  return { kind: kind as AggregateKind, id };
}

function decode({ kind, id }: AggregateRef, seq: number, bytes: Uint8Array): Commit {
  try {
    return decodeCommit(bytes);
  } catch (error) {
    throw new CliError(exitCodes.finding, `${kind} ${id}, ${streamOf({ kind, id })} seq ${seq}: ${error instanceof Error ? error.message : String(error)}.`, 'parley verify tells what is wrong with the log.');
  }
}

/** Commits of one aggregate that hold events from `fromN` to `toN`, both included, in order, as the leader has them. Throws CliError (1) for bytes that are no commit. */
export async function* readAggregate(nc: NatsConnection, aggregate: AggregateRef, fromN = 1, toN = Infinity): AsyncGenerator<ReadCommit> {
  const log = await openJetStreamLog(nc);
  for await (const { seq, bytes, storedAtMs } of log.read(aggregate, 0)) {
    const commit = decode(aggregate, seq, bytes);
    if (commit.n > toN) return;
    if (commit.n + commit.events.length - 1 >= fromN) yield { seq, storedAtMs, bytes: bytes.length, commit };
  }
}
