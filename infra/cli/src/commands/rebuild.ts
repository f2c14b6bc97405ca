import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { bad, good, table } from '../output.ts';
import type { GenerationStatus, RebuildGroup, RebuildReport, SwapTimes } from '../rebuild/group.ts';
import { rebuildGroups } from '../rebuild/groups.ts';

type Options = { readonly verify: boolean; readonly swap: boolean; readonly acceptDifferences?: boolean; readonly rollback?: boolean; readonly dropOld?: boolean };

export function rebuildCommand(program: Command, run: Run): void {
  program
    .command('rebuild')
    .description('make read models anew from event 1 beside those that are read, prove them equal, and swap them in')
    .argument('<what...>', `${allNames().join(', ')} or all; status shows what there is`)
    .option('--verify', 'compare by hash before swapping', true)
    .option('--no-verify', 'swap without comparing')
    .option('--no-swap', 'leave it standing by; the same command without this swaps it in')
    .option('--accept-differences', 'swap although the rows that are read differ: they are what is wrong')
    .option('--rollback', 'have what was read before be read again')
    .option('--drop-old', 'drop everything but what is read')
    .addHelpText('after', '\nExamples:\n  parley rebuild conversations\n  parley rebuild all --no-swap\n  parley rebuild messages --rollback\n  parley rebuild status\n\nIt may be ended at any time (Ctrl-C); the same command goes on from there. Nothing that people do has to stop meanwhile.\nEnds with 1 if rows differ: nothing is swapped then.')
    .action(run((context, what: string[], options: Options) => rebuild(context, what, options)));
}

const allNames = (): string[] => rebuildGroups.flatMap(({ names }) => Object.keys(names));

/** What was asked for, by group, each name once. Exported for its spec; throws CliError (2) for a word that names nothing. */
export function chosen(what: readonly string[], groups: readonly RebuildGroup[]): ReadonlyMap<RebuildGroup, readonly string[]> {
  const found = new Map<RebuildGroup, string[]>();
  for (const word of what) {
    const before = [...found.values()].flat().length;
    for (const group of groups) {
      const names = Object.entries(group.names).filter(([name, others]) => word === 'all' || word === name || others.includes(word)).map(([name]) => name);
      if (names.length > 0) found.set(group, [...new Set([...(found.get(group) ?? []), ...names])]);
    }
    const isKnown = groups.some(({ names }) => Object.entries(names).some(([name, others]) => word === name || others.includes(word)));
    if (word !== 'all' && !isKnown && [...found.values()].flat().length === before) {
      throw new CliError(exitCodes.usage, `There is nothing called ${word} to rebuild.`, `There are: ${groups.flatMap(({ names }) => Object.keys(names)).join(', ')}, all.`);
    }
  }
  return found;
}

async function rebuild(context: Context, what: readonly string[], options: Options): Promise<void> {
  if (what.length === 1 && what[0] === 'status') return showStatus(context);
  const groups = chosen(what, rebuildGroups);
  if (options.rollback === true && options.dropOld === true) throw new CliError(exitCodes.usage, 'Either --rollback or --drop-old.');
  for (const [group, names] of groups) {
    if (options.rollback === true) for (const name of names) await rollback(context, group, name);
    else if (options.dropOld === true) for (const name of names) await drop(context, group, name);
    else await make(context, group, names, options);
  }
}

async function make(context: Context, group: RebuildGroup, names: readonly string[], { verify, swap, acceptDifferences = false }: Options): Promise<void> {
  const result = await group.rebuild(context, names, { verify, swap, acceptDifferences });
  context.output.answer(result, () => [...result.reports.map(render), ...(result.swap ? [good(`swapped in: ${renderTimes(result.swap)}`)] : [])].join('\n'));
  if (result.reports.some(({ compared }) => compared === 'differs') && result.swap === undefined) process.exitCode = exitCodes.finding;
}

async function rollback(context: Context, group: RebuildGroup, name: string): Promise<void> {
  const result = await group.rollback(context, name);
  context.output.line({ name, ...result }, good(`${name}: generation ${result.to} is read again instead of ${result.from}: ${renderTimes(result)}`));
}

async function drop(context: Context, group: RebuildGroup, name: string): Promise<void> {
  const dropped = await group.dropOld(context, name);
  context.output.line({ name, dropped }, dropped.length === 0 ? `${name}: there is nothing but what is read` : `${name}: dropped generation ${dropped.join(', ')}`);
}

async function showStatus(context: Context): Promise<void> {
  const rows = (await Promise.all(rebuildGroups.map((group) => group.status(context)))).flat();
  context.output.answer(rows, () => table(['name', 'generation', 'version', 'state', 'behind', 'parked', 'MB', 'since'], rows.map(statusCells)));
}

const statusCells = ({ name, generation, version, state, behind, parked, bytes, createdAt }: GenerationStatus) =>
  [name, generation, version, state, behind === undefined ? bad('another log: rebuild needed') : behind, parked, Math.round(bytes / 1_000_000), createdAt.toISOString()];

const renderTimes = ({ swapMs, heldMs, attempts }: SwapTimes): string => `${swapMs} ms for readers, ${heldMs} ms for projectors${attempts > 1 ? `, at the attempt ${attempts}` : ''}`;

function render({ name, generation, messages, seconds, compared, why, rows, hash, counts = {}, differences = [], erased = 0, parked = [], isRead }: RebuildReport): string {
  const n = (value: number): string => value.toLocaleString('en-US');
  const head = `${name}  generation ${generation} from ${n(messages)} messages of the log in ${seconds} s`;
  if (compared === 'not compared') return `${head}; not compared: ${why ?? ''}${isRead ? '' : '; it stands by'}`;
  const erasures = erased > 0 ? `, ${n(erased)} with words erased since` : '';
  if (compared === 'equal') return `${head}\n  ${good('equal')}: ${n(rows ?? 0)} rows${erasures}, hash ${(hash ?? '').slice(0, 16)}${isRead ? '' : '; it stands by'}`;
  return [
    head,
    `  ${bad('differs')}: ${Object.entries(counts).map(([name_, count]) => `${n(count)} rows of ${name_}`).join(', ')}${erasures}`,
    ...differences.map((each) => `  ${each.table} ${each.key.join(' ')}: ${each.what === 'missing' ? 'the rows that are read lack it' : each.what === 'extra' ? 'the log says nothing of it' : `differs in ${each.columns.join(', ')}`}`),
    ...parked.map((each) => `  ${each.kind} ${each.aggregate} is set aside ${each.parkedIn === 'live' ? 'only in the rows that are read: parley parked retry' : 'only in the new rows'}`),
    isRead ? '  swapped in all the same' : '  nothing was swapped; --accept-differences has the new rows read',
  ].join('\n');
}
