import type { AggregateKind, AggregateRef } from '../envelope/commit.ts';

/** The mapping id → virtual partition → stream is fixed for ever: a sequence, once told to anyone, must stay true. */
export const partitionsMax = 64;
export const eventStreams = 16;
export const readerStreams = 4;

/** Every stream of the log, in the order that cursors use: EVT_0 … EVT_15, RDR_0 … RDR_3. */
export const streamNames: readonly string[] = [
  ...Array.from({ length: eventStreams }, (_, index) => `EVT_${index}`),
  ...Array.from({ length: readerStreams }, (_, index) => `RDR_${index}`),
];

/** FNV-1a, 32 bit, over UTF-8 (our ids are ASCII). Source: draft-eastlake-fnv-21 §2. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function partitionOf(aggregateId: string): number {
  return fnv1a32(aggregateId) % partitionsMax;
}

/** Index into `streamNames` of the stream that holds this aggregate. */
export function streamIndexOf(kind: AggregateKind, aggregateId: string): number {
  const partition = partitionOf(aggregateId);
  return kind === 'reader' ? eventStreams + Math.floor(partition / (partitionsMax / readerStreams)) : Math.floor(partition / (partitionsMax / eventStreams));
}

export function streamOf(aggregate: AggregateRef): string {
  return streamNames[streamIndexOf(aggregate.kind, aggregate.id)] as string;
}
