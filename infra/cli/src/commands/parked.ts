import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { aggregateFrom, readAggregate } from '../log/read-aggregate.ts';
import { renderEvent, shownEvent, type ShownEvent } from '../log/render-event.ts';
import { good, table } from '../output.ts';

type ParkedRow = {
  readonly projection: string; readonly generation: number; readonly stream: string; readonly kind: string; readonly aggregate: string; readonly from_seq: number;
  readonly from_n: number; readonly reason: string; readonly detail: string; readonly attempts: number; readonly parked_at: Date; readonly retry_requested_at: Date | null;
};

const retryMsMax = 30_000;
const eventsShownMax = 5;

export function parkedCommand(program: Command, run: Run): void {
  const group = program.command('parked').description('What projections have set aside because it could not be applied');
  group.command('list').description('list it; ends with 1 if there is any').addHelpText('after', '\nExample:\n  parley parked list').action(run((context) => list(context)));
  group
    .command('show')
    .description('show one: reason, and the events from which on it is set aside')
    .argument('<kind>', 'room, user or reader')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  parley parked show room general')
    .action(run((context, kind: string, id: string) => show(context, kind, id)));
  group
    .command('retry')
    .description('have it applied again from where it stopped; waits for the outcome')
    .argument('[kind]', 'room, user or reader')
    .argument('[id]')
    .option('--all', 'all of it')
    .addHelpText('after', '\nExamples:\n  parley parked retry room general\n  parley parked retry --all')
    .action(run((context, kind: string | undefined, id: string | undefined, options: { all?: boolean }) => retry(context, kind, id, options.all === true)));
}

async function read(context: Context, kind?: string, id?: string): Promise<readonly ParkedRow[]> {
  const sql = await context.database();
  return kind === undefined
    ? sql<ParkedRow[]>`select * from ops.parked order by parked_at`
    : sql<ParkedRow[]>`select * from ops.parked where kind = ${kind} and aggregate = ${id ?? ''} order by projection`;
}

async function list(context: Context): Promise<void> {
  const rows = await read(context);
  context.output.answer(rows, () =>
    rows.length === 0
      ? good('nothing is parked')
      : table(['projection', 'stream', 'aggregate', 'from event', 'seq', 'reason', 'attempts', 'since'], rows.map((row) => [row.projection, row.stream, `${row.kind} ${row.aggregate}`, row.from_n, row.from_seq, row.reason, row.attempts, row.parked_at.toISOString()])),
  );
  if (rows.length > 0) process.exitCode = exitCodes.finding;
}

async function show(context: Context, kind: string, id: string): Promise<void> {
  const aggregate = aggregateFrom(kind, id);
  const rows = await read(context, kind, id);
  if (rows.length === 0) throw new CliError(exitCodes.finding, `${kind} ${id} is not parked.`);
  const nc = await context.nats();
  const from = Math.min(...rows.map(({ from_n }) => from_n));
  const events: ShownEvent[] = [];
  let unreadable = '';
  try {
    for await (const { seq, commit } of readAggregate(nc, aggregate, from, from + eventsShownMax - 1)) {
      events.push(...commit.events.map((event, index) => shownEvent({ ...aggregate, n: commit.n + index, seq, at: commit.at }, event)).filter(({ n }) => n >= from).slice(0, eventsShownMax));
    }
  } catch (error) {
    // That it cannot be read is the very reason for which it was set aside.
    if (!(error instanceof CliError)) throw error;
    unreadable = error.message;
  }
  context.output.answer({ parked: rows, events, ...(unreadable !== '' && { unreadable }) }, () =>
    [
      ...rows.map((row) => `${row.projection} ${row.generation} on ${row.stream}: ${row.reason} at event ${row.from_n} (seq ${row.from_seq}), ${row.attempts} attempts since ${row.parked_at.toISOString()}\n  ${row.detail}`),
      'From there on:',
      ...events.map((event) => renderEvent(event)),
      ...(unreadable === '' ? [] : [unreadable]),
    ].join('\n'),
  );
}

/** Asks the projector that owns the stream, and waits until the row is gone or was tried in vain. */
async function retry(context: Context, kind: string | undefined, id: string | undefined, all: boolean): Promise<void> {
  if (all === (kind !== undefined) || (kind !== undefined && id === undefined)) throw new CliError(exitCodes.usage, 'Name one aggregate (kind and id), or --all.');
  if (kind !== undefined && id !== undefined) aggregateFrom(kind, id);
  const before = await read(context, kind, id);
  if (before.length === 0) throw new CliError(exitCodes.finding, kind === undefined ? 'Nothing is parked.' : `${kind} ${id} is not parked.`);
  const sql = await context.database();
  await (kind === undefined ? sql`update ops.parked set retry_requested_at = now()` : sql`update ops.parked set retry_requested_at = now() where kind = ${kind} and aggregate = ${id ?? ''}`);
  const until = Date.now() + retryMsMax;
  const isPending = (row: ParkedRow): boolean => row.attempts === (before.find((old) => old.projection === row.projection && old.generation === row.generation && old.kind === row.kind && old.aggregate === row.aggregate)?.attempts ?? -1) && row.retry_requested_at !== null;
  let left = await read(context, kind, id);
  while (left.some(isPending) && Date.now() < until && !context.signal.aborted) {
    await pause(100);
    left = await read(context, kind, id);
  }
  const pending = left.filter(isPending).length;
  const report = { asked: before.length, applied: before.length - left.length, failed: left.length - pending, pending };
  context.output.answer(report, () => `${report.applied} of ${report.asked} applied${report.failed > 0 ? `, ${report.failed} failed again` : ''}${pending > 0 ? `, ${pending} not tried yet: are the projectors running?` : ''}`);
  if (left.length > 0) process.exitCode = exitCodes.finding;
}
