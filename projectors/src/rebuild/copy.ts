import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Tx } from '../runner/projection.ts';

const pieceBytes = 64 * 1024;
/** What a character of a string takes at most as UTF-8. */
const bytesPerChar = 3;

type Value = string | number | bigint | boolean | null | readonly string[];

/**
 * Puts rows into a table by COPY, columns by name. Nothing else may use the transaction meanwhile. An error ends the
 * transaction; which row it was is not told: `current transaction is aborted` (25P02) may be all that is known.
 */
export async function copyRows<R>(tx: Tx, schema: string, table: string, columns: readonly (keyof R & string)[], rows: readonly R[]): Promise<void> {
  if (rows.length === 0) return;
  const writable = await tx`copy ${tx(schema)}.${tx(table)} (${tx([...columns] as string[])}) from stdin`.writable();
  let failure: Error | undefined;
  writable.on('error', (error: Error) => { failure = error; });
  // Line by line into bytes: a text that is put together of thousands of pieces takes half as long again to be written as its pieces.
  let [piece, filled] = [Buffer.allocUnsafe(pieceBytes), 0];
  for (const row of rows) {
    const line = lineOf(row, columns);
    const mostBytes = line.length * bytesPerChar;
    if (filled + mostBytes > piece.byteLength) {
      if (filled > 0 && !writable.write(piece.subarray(0, filled))) await once(writable, 'drain');
      [piece, filled] = [Buffer.allocUnsafe(Math.max(pieceBytes, mostBytes)), 0];
    }
    filled += piece.write(line, filled);
  }
  await new Promise<void>((resolve, reject) => {
    writable.write(piece.subarray(0, filled), (error) => (error ? reject(error) : resolve()));
  });
  writable.end();
  // The client never tells of an error after the end of the data; the next statement does.
  await setImmediate();
  if (failure) throw failure;
  await tx`select 1`;
}

/** One row in COPY's text format. */
export function lineOf<R>(row: R, columns: readonly (keyof R & string)[]): string {
  let line = '';
  for (let at = 0; at < columns.length; at += 1) line += (at === 0 ? '' : '\t') + fieldOf(row[columns[at]!] as Value | undefined);
  return `${line}\n`;
}

const special = /[\\\n\r\t]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function fieldOf(value: Value | undefined): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'string') return special.test(value) ? value.replaceAll(/[\\\n\r\t]/g, (found) => escapes[found]!) : value;
  // Only ids come in lists.
  return Array.isArray(value) ? `{${value.join(',')}}` : String(value);
}
