import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { type Cursor, decodeCursor, encodeCursor } from '@parley/contracts/realtime/cursor';
import { heartbeatMs } from '@parley/contracts/realtime/limits';
import type { Connection } from './connection.ts';
import type { Delivered } from './delivered.ts';
import { InsufficientState } from './directory.ts';
import { collectGap, type Gap, type GapContext } from './gap.ts';
import { framesOf, type GapFrames, isCurrent } from './gap-frames.ts';
import type { LiveUser } from './live-user.ts';
import { openBody, Outgoing } from './outgoing.ts';
import { encodeFrame } from './wire-format.ts';

/** Another gateway may have been a little ahead of this one. */
const catchUpMsMax = 1_000;
/** Written at a time, and allowed to wait in a socket, while a gap is sent. */
const chunkBytesMax = 64 * 1024;
const waitingBytesMax = 512 * 1024;
const drainMsMax = 15_000;

export type ResumeOutcome = 'fresh' | 'resumed' | 'reset';

export type ResumeContext = GapContext & {
  readonly gateway: string;
  readonly frames: GapFrames;
  readonly onOutcome: (outcome: ResumeOutcome, reason: string | undefined, missed: number) => void;
};

/**
 * Makes a reader live: `welcome`, then (if its cursor allows) everything since, without gap or repetition, then `live`.
 * While that is prepared and sent, live frames are held back, bounded; whatever goes wrong ends in an explicit reset.
 */
export async function goLive(context: ResumeContext, connection: Connection, user: LiveUser, token: string | undefined): Promise<void> {
  if (token === undefined) return startFresh(context, connection, user, 'fresh');
  const cursor = decodeCursor(token);
  const refusal = refusalOf(cursor, context.hub.delivered.epoch);
  if (!cursor || refusal) return startFresh(context, connection, user, 'reset', refusal);
  if (!(await context.hub.waitFor(cursor.seqs, catchUpMsMax))) return startFresh(context, connection, user, 'reset', 'the cursor is from the future');
  if (connection.isClosed) return;
  context.hub.flush();
  connection.held = [];
  take(context, connection, user);
  const to = [...context.hub.delivered.seqs];
  const upTo = context.hub.delivered.copy();
  const gap = await collectGap(context, user, cursor.seqs, to);
  if (connection.isClosed) return;
  if ('reset' in gap || connection.overflowed) {
    connection.held = undefined;
    return startFresh(context, connection, user, 'reset', 'reset' in gap ? gap.reset : 'too much happened meanwhile');
  }
  await sendGap(context, connection, cursor, upTo, gap);
}

function refusalOf(cursor: Cursor | undefined, epoch: string): string | undefined {
  if (!cursor) return 'the cursor is not one of ours';
  if (cursor.epoch !== epoch) return 'the log is not the one the cursor is from';
  return cursor.seqs.some((seq) => seq < 0) ? 'the cursor names one position only' : undefined;
}

function take({ hub }: ResumeContext, connection: Connection, user: LiveUser): void {
  // Forgotten meanwhile: nothing would reach this reader any more.
  if (hub.users.get(user.userId) !== user) throw new InsufficientState('this person was forgotten meanwhile');
  connection.user = user;
  user.leftAtMs = undefined;
  if (!user.connections.includes(connection)) user.connections.push(connection);
}

function welcome(context: ResumeContext, user: LiveUser, expiresAt: number, resume: ResumeOutcome, cursor: string, reason: string | undefined): object {
  return {
    type: 'welcome', userId: user.userId, serverTime: Date.now(), gateway: context.gateway, resume, heartbeatMs,
    ...(Number.isFinite(expiresAt) && { expiresAt }),
    ...(reason !== undefined && { reason }), cursor,
  };
}

/** From now on; what was before comes from the queries, asked with `after` = this cursor. */
function startFresh(context: ResumeContext, connection: Connection, user: LiveUser, resume: 'fresh' | 'reset', reason?: string): void {
  if (connection.isClosed) return;
  context.hub.flush();
  take(context, connection, user);
  connection.send(welcome(context, user, connection.expiresAtMs, resume, context.hub.delivered.token(), reason));
  context.onOutcome(resume, reason, 0);
}

async function sendGap(context: ResumeContext, connection: Connection, cursor: Cursor, upTo: Delivered, gap: Exclude<Gap, { reset: string }>): Promise<void> {
  const { user } = connection;
  if (!user) return;
  const token = encodeCursor(cursor);
  const writer = new ChunkWriter(connection);
  // After an outage everybody comes at once: for most of them all of it, greeting included, is one write.
  writer.add(encodeFrame(connection.format, welcome(context, user, connection.expiresAtMs, 'resumed', token, gap.fromLog ? 'from the log: ask for the list of rooms again' : undefined)));
  for (const piece of context.frames.pieces(connection.format, { cursor, token }, gap.entries, gap.fromLog)) {
    // While this reader took its time, words of the next piece may have been redacted.
    if (isCurrent(piece) ? !(await writer.writeBytes(piece.bytes)) : !(await writer.writeAll(framesOf(piece)))) return;
  }
  for (const room of gap.entered) if (!(await writer.write(new Outgoing(0, upTo.token(), openBody({ type: 'entered', ...room }), 0)))) return;
  if (!(await writer.write(new Outgoing(0, upTo.token(), openBody({ type: 'live', missed: gap.entries.length }), 0)))) return;
  while (connection.held && connection.held.length > 0) {
    if (connection.overflowed) break;
    const held = connection.held;
    connection.held = [];
    connection.heldBytes = 0;
    for (const item of held) if (!(await writer.write(item.current()))) return;
  }
  if (connection.overflowed) return connection.close(closeCodes.insufficientState, 'too much happened while the gap was sent; resume again');
  writer.flush();
  connection.held = undefined;
  context.onOutcome('resumed', undefined, gap.entries.length);
}

/** Writes many frames in few writes and lets the network keep up. */
class ChunkWriter {
  readonly #connection: Connection;
  #chunk: Buffer[] = [];
  #bytes = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** False when the connection has ended, or took nothing for too long. */
  write(item: Outgoing): Promise<boolean> {
    return this.writeBytes(item.wire(this.#connection.format));
  }

  async writeAll(items: readonly Outgoing[]): Promise<boolean> {
    for (const item of items) if (!(await this.write(item))) return false;
    return true;
  }

  /** The same for frames that are bytes already. */
  async writeBytes(bytes: Buffer): Promise<boolean> {
    this.add(bytes);
    if (this.#bytes >= chunkBytesMax) this.flush();
    if (this.#connection.queuedBytes() <= waitingBytesMax) return !this.#connection.isClosed;
    if (await this.#connection.drained(drainMsMax)) return true;
    this.#connection.close(closeCodes.slowReader, 'reads too slowly');
    return false;
  }

  add(bytes: Buffer): void {
    this.#chunk.push(bytes);
    this.#bytes += bytes.byteLength;
  }

  flush(): void {
    if (this.#chunk.length === 0) return;
    this.#connection.write(Buffer.concat(this.#chunk));
    this.#chunk = [];
    this.#bytes = 0;
  }
}
