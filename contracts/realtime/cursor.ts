import { streamNames } from '../wire/partition.ts';

/**
 * How far a client has seen the log: for each stream (order of `streamNames`) the last sequence, −1 where unknown.
 * `epoch` is the log's: a stream that was created anew or restored changes it, and every older cursor is refused.
 */
export type Cursor = { readonly epoch: string; readonly seqs: readonly number[] };

const TOKEN = /^c1\.([a-z0-9]{1,16})\.([0-9a-z~.]{0,400})$/;

/** Renders a cursor as one opaque, URL-safe token. Unknown streams are left empty. */
export function encodeCursor({ epoch, seqs }: Cursor): string {
  return `c1.${epoch}.${seqs.map((seq) => (seq < 0 ? '' : seq.toString(36))).join('~')}`;
}

/** Reads a token; undefined for anything that is not one (never throws, whatever the input). */
export function decodeCursor(token: unknown): Cursor | undefined {
  if (typeof token !== 'string') return undefined;
  const match = TOKEN.exec(token);
  if (!match) return undefined;
  const parts = (match[2] ?? '').split('~');
  if (parts.length !== streamNames.length) return undefined;
  const seqs = parts.map((part) => (part === '' ? -1 : /^[0-9a-z]{1,11}$/.test(part) ? Number.parseInt(part, 36) : Number.NaN));
  if (seqs.some((seq) => !Number.isSafeInteger(seq))) return undefined;
  return { epoch: match[1] as string, seqs };
}

/** A cursor that knows one position only, as a command's answer carries it (`after=`). */
export function cursorAt(epoch: string, streamIndex: number, seq: number): Cursor {
  return { epoch, seqs: streamNames.map((_, index) => (index === streamIndex ? seq : -1)) };
}
