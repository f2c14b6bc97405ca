import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { messageEdited, messagePosted, messageRedacted } from '@parley/contracts/messages/events';
import { roomCreated, roomRenamed, roomTopicSet } from '@parley/contracts/rooms/events';
import { subjectOf } from '@parley/contracts/wire/subjects';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { openCommits } from '../runner/open-commits.ts';
import type { OpenedEvent } from '../runner/projection.ts';
import { readItem } from '../runner/read-items.ts';

/** What of a room nobody can read any more, as numbers of events: what rows that were made earlier must not show. */
export type Unreadable = {
  /** Messages, by the number of the event that posted them, whose present text is gone. */
  readonly messages: readonly number[];
  /** Versions of messages and notes whose own text is gone. */
  readonly versions: readonly number[];
  readonly name: boolean;
  readonly topic: boolean;
};

/** Reads a room's log and says what of it cannot be opened any more. Throws VaultAway, LogUnavailable. */
export async function unreadableIn(log: EventLog, opener: ContentOpener, roomId: string): Promise<Unreadable> {
  const aggregate: AggregateRef = { kind: 'room', id: roomId };
  const fold = { gone: new Map<number, boolean>(), versions: [] as number[], name: false, topic: false };
  for await (const { seq, bytes } of log.read(aggregate, 0)) {
    const item = readItem({ seq, subject: subjectOf(aggregate), bytes }, [aggregate.kind]);
    if (item?.what !== 'commit') continue;
    const [result] = await openCommits(opener, [item]);
    if (result && 'opened' in result) for (const event of result.opened.events) foldEvent(fold, event);
  }
  return { ...fold, messages: [...fold.gone].flatMap(([n, isGone]) => (isGone ? [n] : [])) };
}

function foldEvent(fold: { readonly gone: Map<number, boolean>; readonly versions: number[]; name: boolean; topic: boolean }, { type, n, data, content }: OpenedEvent): void {
  const isGone = content === null;
  if (isGone) fold.versions.push(n);
  switch (type) {
    case messagePosted.type: fold.gone.set(n, isGone); return;
    case messageEdited.type: fold.gone.set(data['targetN'] as number, isGone); return;
    case messageRedacted.type: fold.gone.delete(data['targetN'] as number); return;
    case roomCreated.type: fold.name = fold.topic = isGone; return;
    case roomRenamed.type: fold.name = isGone; return;
    case roomTopicSet.type: fold.topic = isGone; return;
    default:
  }
}
