import type { NatsConnection } from '@nats-io/transport-node';
import { UnknownEvent, upcast } from '@parley/contracts/registry/events';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { Poison } from '@parley/projectors/runner/failures';
import { CliError, exitCodes } from '../exit-codes.ts';
import { openCommit, textOf, type Texts } from '../log/open-texts.ts';
import { type Point, renderPoint } from '../log/point.ts';
import { readAggregate } from '../log/read-aggregate.ts';
import { RoomFold } from './room-fold.ts';

/**
 * Reads a room's log to the head and folds it up to a point. Throws CliError (1) for a room that the log does not have,
 * that was not made by then, that ends before the event asked for, or whose log means nothing.
 */
export async function foldRoomLog(nc: NatsConnection, roomId: string, until?: Point, signal?: AbortSignal): Promise<RoomFold> {
  const fold = new RoomFold(until);
  try {
    for await (const { seq, commit } of readAggregate(nc, { kind: 'room', id: roomId })) {
      signal?.throwIfAborted();
      fold.take({ seq, id: commit.id, n: commit.n, at: commit.at, events: commit.events.map(upcast) });
    }
  } catch (error) {
    if (error instanceof Poison) throw new CliError(exitCodes.finding, `room ${roomId}: ${error.message}.`, `parley verify --room ${roomId} tells what is wrong with its log.`);
    if (error instanceof UnknownEvent) throw new CliError(exitCodes.finding, `room ${roomId}: ${error.message}.`, 'Use the parley of the release that wrote it.');
    throw error;
  }
  if (fold.head.n === 0) throw new CliError(exitCodes.finding, `The log has no room ${roomId}.`);
  if (until && 'n' in until && until.n > fold.head.n) throw new CliError(exitCodes.finding, `room ${roomId} ends at event ${fold.head.n} (${fold.head.at}).`);
  if (until && fold.end.n === 0) throw new CliError(exitCodes.finding, `room ${roomId} was not made by ${renderPoint(until)}: its first event is of ${await firstAt(nc, roomId)}.`);
  return fold;
}

async function firstAt(nc: NatsConnection, roomId: string): Promise<string> {
  for await (const { commit } of readAggregate(nc, { kind: 'room', id: roomId }, 1, 1)) return commit.at;
  return 'never';
}

/** Opens the texts that some events of a room hold, one pass over the part of its log that has them; `onBroken` is told of content that does not open. */
export async function openTexts(nc: NatsConnection, roomId: string, opener: ContentOpener, wanted: ReadonlySet<number>, onBroken: (what: string) => void): Promise<Texts> {
  const texts = new Map<number, ReturnType<typeof textOf>>();
  if (wanted.size === 0) return texts;
  const numbers = [...wanted];
  const [fromN, toN] = [numbers.reduce((low, n) => Math.min(low, n)), numbers.reduce((high, n) => Math.max(high, n))];
  for await (const { commit } of readAggregate(nc, { kind: 'room', id: roomId }, fromN, toN)) {
    const isWanted = (index: number): boolean => wanted.has(commit.n + index);
    if (!commit.events.some((_, index) => isWanted(index))) continue;
    const opened = await openCommit(opener, commit, onBroken, isWanted);
    opened.forEach((content, index) => {
      if (isWanted(index)) texts.set(commit.n + index, textOf(content));
    });
  }
  return texts;
}
