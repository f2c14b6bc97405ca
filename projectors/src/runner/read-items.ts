import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { eventDefinition, UnknownEvent, upcast } from '@parley/contracts/registry/events';
import { aggregateOfSubject, traceparentHeader } from '@parley/contracts/wire/subjects';
import { decodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';

/** A commit as read: checked and in its newest shape, its content still sealed. */
export type SealedCommit = {
  readonly seq: number;
  readonly aggregate: AggregateRef;
  readonly commit: Commit;
  /** Events of the commit, upcast. Sealed content is bound to the stored event, which `commit.events` keeps. */
  readonly events: readonly StoredEvent[];
  readonly hash: string;
  readonly traceparent?: string;
};

/** One message of a stream, read: to apply, never appliable, or of a newer release. */
export type Item =
  | ({ readonly what: 'commit' } & SealedCommit)
  | { readonly what: 'corrupt'; readonly seq: number; readonly aggregate: AggregateRef; readonly reason: string; readonly detail: string }
  | { readonly what: 'unknown'; readonly seq: number; readonly aggregate: AggregateRef; readonly detail: string };

/**
 * Reads one message. Undefined: it is of a kind that `kinds` does not name, so it only moves the checkpoint.
 * Never throws: bytes that are no commit of this subject's aggregate are `corrupt`, newer events are `unknown`.
 */
export function readItem({ seq, subject, bytes, headers }: Pick<StreamMessage, 'seq' | 'subject' | 'bytes'> & Partial<StreamMessage>, kinds: readonly string[]): Item | undefined {
  const aggregate = aggregateOfSubject(subject);
  if (!aggregate || !kinds.includes(aggregate.kind)) return undefined;
  const corrupt = (reason: string, detail: string): Item => ({ what: 'corrupt', seq, aggregate, reason, detail });
  let commit: Commit;
  try {
    commit = decodeCommit(bytes);
  } catch (error) {
    return corrupt('undecodable', error instanceof Error ? error.message.slice(0, 200) : 'no commit');
  }
  if (commit.kind !== aggregate.kind || commit.id !== aggregate.id) return corrupt('wrong-subject', `the commit says ${commit.kind} ${commit.id}`);
  const events: StoredEvent[] = [];
  for (const stored of commit.events) {
    try {
      events.push(upcast(stored));
    } catch (error) {
      if (error instanceof UnknownEvent) return { what: 'unknown', seq, aggregate, detail: error.message };
      return corrupt('undecodable', error instanceof Error ? error.message.slice(0, 200) : 'no event');
    }
    const { type, data } = events.at(-1)!;
    const checked = eventDefinition(type)!.data.safeParse(data);
    if (!checked.success) return corrupt('invalid-event', `${type}: ${checked.error.issues.map((issue) => issue.path.join('.')).join(', ')}`);
  }
  const traceparent = headers?.get(traceparentHeader);
  return { what: 'commit', seq, aggregate, commit, events, hash: hashOf(bytes), ...(traceparent && { traceparent }) };
}

/** Which event of its own command each event of a commit is: the index that its sealed content is bound to. */
export function indexesInCommands(events: readonly StoredEvent[]): number[] {
  const seen = new Map<string, number>();
  return events.map(({ commandId }) => {
    const index = seen.get(commandId) ?? 0;
    seen.set(commandId, index + 1);
    return index;
  });
}
