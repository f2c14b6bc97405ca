import type { Cursor } from '@parley/contracts/realtime/cursor';
import { Delivered } from './delivered.ts';
import type { Entry } from './entry.ts';
import { Outgoing } from './outgoing.ts';
import type { WireFormat } from './wire-format.ts';

const pieceBytesMax = 64 * 1024;
const keptBytesMax = 16 * 1024 * 1024;
const keptMsMax = 5_000;

/** Frames of a gap that follow each other, as one run of bytes; and of what they were made. */
export type GapPiece = { readonly bytes: Buffer; readonly entries: readonly Entry[]; readonly tokens: readonly string[]; readonly bodies: readonly Buffer[] };

type Built = { readonly format: WireFormat; readonly token: string; readonly entries: readonly Entry[]; readonly pieces: readonly GapPiece[]; readonly bytes: number };

/** Whether no words were taken from what a piece was made of since. */
export const isCurrent = ({ entries, bodies }: GapPiece): boolean => entries.every((entry, at) => entry.body === bodies[at]);

/** The frames of a piece one by one, as their entries are now. */
export const framesOf = ({ entries, tokens }: GapPiece): Outgoing[] =>
  entries.flatMap((entry, at) => (entry.body ? [new Outgoing(0, tokens[at]!, entry.body, entry.storedAtMs)] : []));

/**
 * Gaps as bytes. After an outage everybody comes back at once, and who sat in the same rooms missed the same frames
 * behind the same cursor: they are made once. Kept for seconds, bounded, and never used when a body changed meanwhile.
 */
export class GapFrames {
  #built: Built[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Frames of `entries`, each with the cursor that one has who was at `cursor` (whose token is `token`) and read up to it. `isOwn`: read from the log for one reader, so nobody else has the same. */
  pieces(format: WireFormat, { cursor, token }: { readonly cursor: Cursor; readonly token: string }, entries: readonly Entry[], isOwn: boolean): readonly GapPiece[] {
    if (isOwn) return build(format, cursor, entries);
    const known = this.#built.find((built) => built.token === token && built.format === format && isSame(built.entries, entries) && built.pieces.every(isCurrent));
    if (known) return known.pieces;
    const pieces = build(format, cursor, entries);
    this.#keep({ format, token, entries, pieces, bytes: pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) });
    return pieces;
  }

  #keep(built: Built): void {
    this.#built.push(built);
    this.#bytes += built.bytes;
    while (this.#bytes > keptBytesMax) this.#bytes -= this.#built.shift()!.bytes;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#built = [];
      this.#bytes = 0;
    }, keptMsMax).unref();
  }
}

const isSame = (some: readonly Entry[], others: readonly Entry[]): boolean => some.length === others.length && some.every((entry, at) => entry === others[at]);

function build(format: WireFormat, cursor: Cursor, entries: readonly Entry[]): GapPiece[] {
  const vector = new Delivered(cursor.epoch, cursor.seqs);
  const pieces: GapPiece[] = [];
  let wires: Buffer[] = [];
  let bytes = 0;
  let from = 0;
  const tokens: string[] = [];
  const end = (to: number): void => {
    if (to === from) return;
    const of = entries.slice(from, to);
    pieces.push({ bytes: Buffer.concat(wires), entries: of, tokens: tokens.slice(from, to), bodies: of.map(({ body }) => body as Buffer) });
    [wires, bytes, from] = [[], 0, to];
  };
  for (const [at, entry] of entries.entries()) {
    vector.advance(entry.stream, entry.seq);
    tokens.push(vector.token());
    const wire = entry.body ? new Outgoing(0, vector.token(), entry.body, entry.storedAtMs).wire(format) : Buffer.alloc(0);
    wires.push(wire);
    bytes += wire.byteLength;
    if (bytes >= pieceBytesMax) end(at + 1);
  }
  end(entries.length);
  return pieces;
}
