import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Tx } from '../runner/projection.ts';

const pieceChars = 64 * 1024;

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
  let piece = '';
  for (const row of rows) {
    piece += lineOf(row, columns);
    if (piece.length < pieceChars) continue;
    if (!writable.write(piece)) await once(writable, 'drain');
    piece = '';
  }
  await new Promise<void>((resolve, reject) => {
    writable.write(piece, (error) => (error ? reject(error) : resolve()));
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
  for (const [at, column] of columns.entries()) line += (at === 0 ? '' : '\t') + fieldOf(row[column] as Value | undefined);
  return `${line}\n`;
}

const special = /[\\\n\r\t]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function fieldOf(value: Value | undefined): string {
  if (value === null || value === undefined) return '\\N';
  // Only ids come in lists.
  if (Array.isArray(value)) return `{${value.join(',')}}`;
  const text = String(value);
  return special.test(text) ? text.replaceAll(/[\\\n\r\t]/g, (found) => escapes[found]!) : text;
}
