import { type AggregateKind, aggregateKinds, type AggregateRef } from '../envelope/commit.ts';
import { eventStreams, partitionOf, partitionsMax, readerStreams } from './partition.ts';

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The one literal subject of an aggregate: `evt.<vp>.<kind>.<id>`, readers under `rdr.`.
 * Throws RangeError for an id that is not one plain subject token: this is the last line against subject injection.
 */
export function subjectOf({ kind, id }: AggregateRef): string {
  if (!TOKEN.test(id)) throw new RangeError('an aggregate id must be one subject token');
  return `${kind === 'reader' ? 'rdr' : 'evt'}.${partitionOf(id)}.${kind}.${id}`;
}

/** Inverse of `subjectOf`; undefined for a subject that is not an aggregate's. */
export function aggregateOfSubject(subject: string): AggregateRef | undefined {
  const [root, , kind, id, ...rest] = subject.split('.');
  if ((root !== 'evt' && root !== 'rdr') || rest.length > 0 || id === undefined) return undefined;
  return aggregateKinds.includes(kind as AggregateKind) ? { kind: kind as AggregateKind, id } : undefined;
}

/** Subjects that a stream takes, by its index in `streamNames`. */
export function subjectsOfStream(index: number): string[] {
  const reader = index >= eventStreams;
  const span = partitionsMax / (reader ? readerStreams : eventStreams);
  const first = (reader ? index - eventStreams : index) * span;
  return Array.from({ length: span }, (_, offset) => `${reader ? 'rdr' : 'evt'}.${first + offset}.>`);
}

/** Commands for a partition, sent to the instance that owns it. */
export const commandSubject = (instance: string, partition: number): string => `cmd.${instance}.${partition}`;
/** Questions to the write model (`member?`, `claim owner?`). */
export const askSubject = (instance: string, partition: number): string => `ask.${instance}.${partition}`;
/** Typing and the like in one room: core NATS, never stored. */
export const roomSignalSubject = (roomId: string): string => `sig.room.${roomId}`;
/** Presence beats of all gateways. */
export const presenceSubject = 'sig.presence';
/** "Close this person's sockets now", faster than any stream. */
export const revocationSubject = 'sig.revoked';

/** "These secrets are destroyed: forget what you keep of them", faster than any stream. */
export const erasureSubject = 'sig.erased';

/** KV bucket of live command-service instances. */
export const membersBucket = 'MEMBERS';
/** Object bucket of aggregate snapshots. */
export const snapshotsBucket = 'SNAPSHOTS';

/** Header on commits that change who is in a room, so that a gateway may skip all others unparsed. */
export const controlHeader = 'Parley-Ctl';
/** W3C trace context travels under its own names. */
export const traceparentHeader = 'traceparent';
