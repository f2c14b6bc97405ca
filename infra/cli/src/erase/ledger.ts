import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CliError, exitCodes } from '../exit-codes.ts';

const Entry = z.strictObject({
  v: z.literal(1),
  /** `person:<id>`, `room:<id>` or `room:<id>:<yyyymm>`. */
  scope: z.string().regex(/^(?:person:[A-Za-z0-9_-]{1,64}|room:[A-Za-z0-9_-]{1,64}(?::\d{6})?)$/),
  reason: z.string().min(1).max(200),
  at: z.iso.datetime(),
  state: z.enum(['started', 'done']),
});
export type LedgerEntry = z.infer<typeof Entry>;
/** One erasure: when it was asked for and why, and when it was last seen through to its end. */
export type Erasure = { readonly scope: string; readonly reason: string; readonly startedAt: string; readonly doneAt?: string };

/**
 * Which erasures there were: a file that no backup of the stores contains, since it must outlive every restore of them.
 * It names ids, never a word of what was erased.
 */
export async function readLedger(file: string): Promise<Erasure[]> {
  if (!existsSync(file)) return [];
  const erasures = new Map<string, Erasure>();
  const lines = (await readFile(file, 'utf8')).split('\n');
  lines.forEach((line, index) => {
    // A crash may have cut the last line short: what it was about was never begun.
    if (line === '' || index === lines.length - 1) return;
    const { scope, reason, at, state } = parse(line, file, index + 1);
    const before = erasures.get(scope);
    if (state === 'started') erasures.set(scope, { ...(before ?? { scope, reason, startedAt: at }) });
    else erasures.set(scope, { ...(before ?? { scope, reason, startedAt: at }), doneAt: at });
  });
  return [...erasures.values()];
}

/** Appends an entry; on the disk when this resolves. */
export async function appendLedger(file: string, entry: Omit<LedgerEntry, 'v' | 'at'>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, existsSync(file) ? 'r+' : 'w+', 0o600);
  try {
    const before = await handle.readFile('utf8');
    const whole = Buffer.byteLength(before.slice(0, before.lastIndexOf('\n') + 1));
    await handle.truncate(whole);
    await handle.write(`${JSON.stringify({ v: 1, ...entry, at: new Date().toISOString() })}\n`, whole);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(line: string, file: string, number: number): LedgerEntry {
  try {
    return Entry.parse(JSON.parse(line));
  } catch {
    throw new CliError(exitCodes.finding, `${file} line ${number} is no erasure.`, 'Nothing is done with a ledger that cannot be read whole. Compare it with its copy.');
  }
}
