import { type Command, InvalidArgumentError } from 'commander';
import { roomId, userId } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { type Eraser, type ErasureReport, eraseScope, openEraser, type Scope, scopeName, startErasure } from '../erase/erase-scope.ts';
import { appendLedger, readLedger } from '../erase/ledger.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { bad, good, table } from '../output.ts';
import { besideSettings } from '../settings.ts';

type Options = { readonly reason?: string; readonly ledger?: string; readonly yes?: boolean };

const reasonCharsMax = 200;

export function eraseCommand(program: Command, run: Run): void {
  const group = program.command('erase').description('Make what was said unreadable for ever: destroy its keys, and take it from every store');
  const erasing = (command: Command): Command =>
    command
      .requiredOption('--reason <text>', 'why; kept in the ledger and beside the destroyed key', reason)
      .option('--ledger <file>', 'where erasures are noted; default: erasures.ndjson beside the settings file')
      .option('--yes', 'do it: nothing brings the words back');
  erasing(group.command('person').description('everything a person said, in every room, and their name').argument('<userId>', '', userId))
    .addHelpText('after', "\nExample:\n  parley erase person 0190a3b0-1111-7000-8000-000000000001 --reason 'asked for on 3 May, case 4711' --yes\n\nTheir sessions end. What others wrote about them stays, and so does that there was somebody.")
    .action(run((context, id: string, options: Options) => begin(context, { kind: 'person', id }, options)));
  erasing(group.command('room').description('everything that was said in a room, its name and its topic').argument('<roomId>', '', roomId))
    .addHelpText('after', "\nExample:\n  parley erase room secret-project --reason 'contract ended' --yes\n\nNothing can be said in the room afterwards.")
    .action(run((context, id: string, options: Options) => begin(context, { kind: 'room', id }, options)));
  erasing(group.command('month').description('what was said in a room in one month (UTC)').argument('<roomId>', '', roomId).argument('<yyyy-mm>', '', month))
    .addHelpText('after', "\nExample:\n  parley erase month general 2026-01 --reason 'retention: 9 months' --yes")
    .action(run((context, id: string, yyyymm: string, options: Options) => begin(context, { kind: 'room', id, month: yyyymm }, options)));
  group
    .command('reapply')
    .description('do every erasure of the ledger again: after a store was restored from a backup')
    .option('--ledger <file>', 'where erasures are noted; default: erasures.ndjson beside the settings file')
    .addHelpText('after', '\nExample:\n  parley erase reapply\n\nIt may be ended at any time and run again.')
    .action(run((context, options: Options) => reapply(context, options)));
  group
    .command('list')
    .description('what the ledger says was erased; ends with 1 if one was not seen through')
    .option('--ledger <file>', 'where erasures are noted; default: erasures.ndjson beside the settings file')
    .addHelpText('after', '\nExample:\n  parley erase list --json')
    .action(run((context, options: Options) => list(context, options)));
}

function reason(text: string): string {
  if (text.trim() === '' || text.length > reasonCharsMax || !text.isWellFormed()) throw new InvalidArgumentError(`must be 1 to ${reasonCharsMax} characters.`);
  return text;
}

function month(text: string): string {
  const [, year, number] = /^(\d{4})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined || number === undefined || Number(number) < 1 || Number(number) > 12) throw new InvalidArgumentError('a month is written 2026-01.');
  return `${year}${number}`;
}

function ledgerOf(context: Context, { ledger }: Options): string {
  const file = ledger ?? besideSettings(context.settings, 'erasures.ndjson');
  if (file === undefined) throw new CliError(exitCodes.usage, 'Say where erasures are noted: --ledger <file>.', 'Keep it where no backup of the stores does.');
  return file;
}

async function begin(context: Context, scope: Scope, options: Options): Promise<void> {
  const file = ledgerOf(context, options);
  if (options.yes !== true) throw new CliError(exitCodes.usage, `This would erase ${scopeName(scope)} for ever.`, 'Add --yes.');
  await readLedger(file);
  const eraser = await openEraser(context);
  await startErasure(context, scope);
  await seeThrough(context, eraser, file, scope, options.reason!);
}

/** Noted before anything is destroyed, so that a restore cannot undo what was begun; noted again at its end. */
async function seeThrough(context: Context, eraser: Eraser, file: string, scope: Scope, why: string): Promise<void> {
  const name = scopeName(scope);
  await appendLedger(file, { scope: name, reason: why, state: 'started' });
  const report = await eraseScope(context, eraser, scope, why);
  if (report.left.length === 0) await appendLedger(file, { scope: name, reason: why, state: 'done' });
  else process.exitCode = exitCodes.finding;
  context.output.line(report, render(report));
}

function render({ scope, rooms, rows, cached, seconds, left }: ErasureReport): string {
  const n = (value: number): string => value.toLocaleString('en-US');
  const did = `keys destroyed; ${n(rows)} rows of ${n(rooms)} rooms and ${n(cached)} cached pages had words; ${seconds} s`;
  return left.length === 0 ? `${good('erased')} ${scope}: ${did}` : `${bad('not everywhere yet')} ${scope}: ${did}\n${left.map((each) => `  ${each}`).join('\n')}\n  Run the same command again.`;
}

async function reapply(context: Context, options: Options): Promise<void> {
  const file = ledgerOf(context, options);
  const erasures = await readLedger(file);
  if (erasures.length === 0) throw new CliError(exitCodes.usage, `There are no erasures in ${file}.`);
  const eraser = await openEraser(context);
  for (const { scope: name, reason: why } of erasures) {
    const scope = scopeFrom(name);
    // A restored log may not know yet that the person is being erased, or of them at all.
    await startErasure(context, scope).catch((error: unknown) => { if (!(error instanceof CliError) || error.exit !== exitCodes.finding) throw error; });
    await seeThrough(context, eraser, file, scope, why);
  }
}

function scopeFrom(name: string): Scope {
  const [kind, id, yyyymm] = name.split(':') as [string, string, string?];
  return kind === 'person' ? { kind, id } : { kind: 'room', id, ...(yyyymm !== undefined && { month: yyyymm }) };
}

async function list(context: Context, options: Options): Promise<void> {
  const erasures = await readLedger(ledgerOf(context, options));
  const open = erasures.filter(({ doneAt }) => doneAt === undefined);
  context.output.answer(erasures, () => (erasures.length === 0 ? 'nothing was erased' : table(['what', 'asked', 'done', 'why'], erasures.map(({ scope, startedAt, doneAt, reason: why }) => [scope, startedAt, doneAt ?? bad('not seen through: parley erase reapply'), why]))));
  if (open.length > 0) process.exitCode = exitCodes.finding;
}
