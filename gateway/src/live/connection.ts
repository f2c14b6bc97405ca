import { closeCodes, type CloseCode } from '@parley/contracts/realtime/close-codes';
import { socketQueueBytesMax } from '@parley/contracts/realtime/limits';
import type { LiveUser } from './live-user.ts';
import type { Outgoing } from './outgoing.ts';
import { encodeFrame, type WireFormat } from './wire-format.ts';

/** Frames kept for a connection whose gap is being prepared: more than this and it is told to load anew. */
const heldFramesMax = 2_000;
const heldBytesMax = 4 * 1024 * 1024;

/**
 * One reader: a socket or an event stream. While its gap is prepared, live frames are held here, bounded; `overflowed`
 * then turns the resume into a reset.
 */
export abstract class Connection {
  abstract readonly format: WireFormat;
  user: LiveUser | undefined = undefined;
  isClosed = false;
  /** Why we closed it; undefined while open, or when the reader left. */
  closedWith: CloseCode | undefined = undefined;
  /** End of the token it came with, milliseconds since 1970. */
  expiresAtMs = Number.POSITIVE_INFINITY;
  /** Present while the gap is being prepared. */
  held: Outgoing[] | undefined = undefined;
  heldBytes = 0;
  overflowed = false;
  /** Rooms on this reader's screen. */
  openRooms: readonly string[] = [];
  /** Whether somebody is at this reader, as it says. */
  presence: 'active' | 'idle' = 'active';

  /** Bytes written and not yet taken by the network. */
  abstract queuedBytes(): number;
  /** True once the queue is empty; false when the connection ended or took nothing for `msMax`. */
  abstract drained(msMax: number): Promise<boolean>;
  protected abstract put(bytes: Buffer): void;
  protected abstract end(code: CloseCode, reason: string): void;

  /** Writes whole frames at once, or closes a reader that does not keep up: its queue is bounded, a resume fills the hole. */
  write(bytes: Buffer): void {
    if (this.isClosed) return;
    if (this.queuedBytes() > socketQueueBytesMax) this.close(closeCodes.slowReader, 'reads too slowly');
    else this.put(bytes);
  }

  /** Writes a frame of this connection alone, such as an answer. */
  send(frame: object): void {
    this.write(encodeFrame(this.format, frame));
  }

  /** Keeps a live frame until the gap has been sent. */
  hold(item: Outgoing): void {
    if (!this.held || this.overflowed) return;
    this.held.push(item);
    this.heldBytes += item.bytes;
    if (this.held.length > heldFramesMax || this.heldBytes > heldBytesMax) {
      this.overflowed = true;
      this.held = [];
    }
  }

  close(code: CloseCode, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closedWith = code;
    this.end(code, reason);
  }
}
