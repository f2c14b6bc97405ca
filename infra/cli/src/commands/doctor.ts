import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { type Check, look } from '../doctor/check.ts';
import { natsChecks } from '../doctor/nats-checks.ts';
import { snapshotChecks } from '../doctor/snapshot-checks.ts';
import { storeChecks } from '../doctor/store-checks.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { bad, dim, good } from '../output.ts';

type DoctorOptions = { readonly fix?: boolean; readonly yes?: boolean };
type Fixed = { readonly name: string; readonly what: string; readonly done?: string; readonly fault?: string };

export function doctorCommand(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('look at everything that Parley stands on, and say what to do')
    .option('--fix', 'do what can be done without losing anything, each thing after asking; also looks at snapshots')
    .option('--yes', 'with --fix: do not ask')
    .addHelpText('after', '\nExamples:\n  parley doctor\n  parley doctor --fix\n  parley doctor --json | jq \'.checks[] | select(.state == "bad")\'\n\nEnds with 1 if something is bad.')
    .action(run((context, options: DoctorOptions) => doctor(context, options)));
}

const marks: Readonly<Record<Check['state'], string>> = { ok: '✓', warn: '!', bad: '✗', unknown: '?' };

async function doctor(context: Context, { fix = false, yes = false }: DoctorOptions): Promise<void> {
  if (fix && !yes && !process.stdin.isTTY) throw new CliError(exitCodes.usage, 'Nobody can be asked here.', 'Add --yes to do all that can be done, or leave --fix out to see it.');
  const found = await lookAtAll(context, fix);
  const fixed = fix ? await fixAll(context, found, yes) : [];
  const checks = fixed.some(({ done }) => done !== undefined) ? await lookAtAll(context, fix) : found;
  const healthy = checks.every(({ state }) => state !== 'bad');
  const shown = checks.map(({ fix: can, ...check }) => ({ ...check, ...(can && { fix: can.what }) }));
  context.output.answer({ ok: healthy, settings: context.settings.from, ...(fix && { fixed }), checks: shown }, () =>
    [
      dim(`settings from ${context.settings.from}`),
      ...fixed.map(({ what, done, fault }) => (done === undefined ? bad(`could not ${what}: ${fault}`) : good(`fixed: ${done}`))),
      ...checks.map(render),
      healthy ? good('all is well') : bad('something is wrong'),
      ...(!fix && checks.some((check) => check.fix) ? ['parley doctor --fix can set some of it right'] : []),
    ].join('\n'),
  );
  if (!healthy) process.exitCode = exitCodes.finding;
}

function render({ name, state, detail, hint }: Check): string {
  const mark = state === 'ok' ? good(marks.ok) : state === 'bad' ? bad(marks.bad) : marks[state];
  return `${mark} ${name.padEnd(12)} ${detail}${hint === undefined ? '' : `\n  ${' '.repeat(12)} ${dim(hint)}`}`;
}

async function lookAtAll(context: Context, withSnapshots: boolean): Promise<readonly Check[]> {
  const found = (await Promise.all([natsChecks(context), storeChecks(context)])).flat();
  // A snapshot is compared with the log, which must be there for it.
  const canFold = withSnapshots && !found.some(({ name, state }) => state === 'bad' && (name === 'nats' || name === 'streams'));
  return canFold ? [...found, ...(await look('snapshots', () => snapshotChecks(context)))] : found;
}

async function fixAll({ signal, output }: Context, checks: readonly Check[], yes: boolean): Promise<Fixed[]> {
  const fixed: Fixed[] = [];
  for (const { name, detail, fix } of checks) {
    if (!fix) continue;
    signal.throwIfAborted();
    output.note(`${name}: ${detail}`);
    if (!yes && !(await isConfirmed(fix.what, signal))) continue;
    try {
      fixed.push({ name, what: fix.what, done: await fix.run() });
    } catch (error) {
      fixed.push({ name, what: fix.what, fault: error instanceof Error ? error.message : String(error) });
    }
  }
  return fixed;
}

async function isConfirmed(what: string, signal: AbortSignal): Promise<boolean> {
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await asked.question(`Shall I ${what}? [y/N] `, { signal })).trim());
  } finally {
    asked.close();
  }
}
