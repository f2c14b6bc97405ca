import { commandBytesMax } from '@parley/contracts/envelope/limits';
import { importLinesMax } from '@parley/contracts/messages/limits';
import type { UserId } from '@parley/contracts/ids';

/** A message of an archive, ready to be sent. */
export type ImportLine = { readonly line: number; readonly author: UserId; readonly sentAt: string; readonly text: string };

/** An event's envelope, ids, facts and sealing, without its text; measured, and a little more. */
const eventBytesUsual = 436;
const fillBytesMax = commandBytesMax - 1_024;

/** How many bytes a message takes in the log: its text is sealed (40 bytes more) and written in base64. */
export const storedBytesOf = (text: string, source: string): number => eventBytesUsual + source.length + Math.ceil(((Buffer.byteLength(JSON.stringify(text)) + 52) * 4) / 3);

/** Cuts an archive's messages into commands: at most 100 lines, and less than 48 kB of events. */
export function* batchesOf(lines: readonly ImportLine[], source: string): Generator<readonly ImportLine[]> {
  let batch: ImportLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = storedBytesOf(line.text, source);
    if (batch.length > 0 && (batch.length === importLinesMax || bytes + size > fillBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
