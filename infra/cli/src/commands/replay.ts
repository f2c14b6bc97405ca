import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { dropScratchDatabase } from '@parley/projectors/scratch-fold';
import { fileName, natsUrl, roomId } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Place, pointsOf, saidOf } from '../log/bookmark.ts';
import type { EventFilter } from '../log/event-filter.ts';
import { type Placed } from '../log/merge-streams.ts';
import { parsePoint, type Point } from '../log/point.ts';
import { aggregateFrom } from '../log/read-aggregate.ts';
import { findRemoved, openPlace, readRanges, type Where } from '../log/read-ranges.ts';
import { createProgress } from '../progress.ts';
import { connectTo } from '../replay/connect.ts';
import { openPrintSink } from '../replay/print-sink.ts';
import { paced } from '../replay/pace.ts';
import { openScratchSink, scratchName } from '../replay/scratch-sink.ts';
import type { Sink } from '../replay/sink.ts';
import { openStreamSink, sandboxName } from '../replay/stream-sink.ts';
import { need } from '../settings.ts';

type ReplayOptions = {
  readonly room?: string; readonly from?: Point; readonly to?: Point; readonly speed?: number; readonly open?: boolean; readonly withRemoved?: boolean;
  readonly toStream?: string; readonly toNats?: string; readonly scratch?: boolean; readonly keep?: boolean; readonly drop?: string; readonly resume?: string;
};

const saveEveryMs = 1_000;
const speedMax = 1_000_000;
const point = (text: string): Point => parsePoint(text);

export function replayCommand(program: Command, run: Run): void {
  program
    .command('replay')
    .description('say the log again: to standard output, into a sandbox stream, or through the projections into scratch tables')
    .option('--room <id>', 'one room only', roomId)
    .option('--from <point>', 'from this time on; with --room also an event number', point)
    .option('--to <point>', 'up to this time or event', point)
    .option('--speed <times>', 'so many times as fast as it was; left out: as fast as it goes', speed)
    .option('--open', 'on standard output: open texts, but for those redacted or replaced since; the vault notes it')
    .option('--with-removed', 'with --open: those too; the vault notes that as well')
    .option('--to-stream <name>', 'publish into this stream, under sandbox.<name>.; made if it is not there')
    .option('--to-nats <url>', 'the stream’s server; left out: Parley’s own', natsUrl)
    .option('--scratch', 'fold everything up to --to into the tables of a scratch database; --from says from where on to keep the speed')
    .option('--keep', 'with --scratch: do not drop the database at the end')
    .option('--drop <name>', 'drop a scratch database that was kept', databaseName)
    .option('--resume <file>', 'keep the place in this file, and go on from it', fileName)
    .addHelpText('after', '\nExamples:\n  parley replay --room general --from "1h ago" --speed 60\n  parley replay --from "yesterday 14:00" --to "yesterday 15:00" --to-stream SANDBOX --resume /tmp/place\n  parley replay --to "yesterday 00:00" --scratch --keep\n  parley replay --drop parley_replay_0a1b2c3d\n\nCtrl-C stops it in order; with --resume FILE the same command goes on from there.')
    .action(run((context, options: ReplayOptions) => replay(context, options)));
}

async function replay(context: Context, asked: ReplayOptions): Promise<void> {
  const { drop, room, resume, speed: times } = asked;
  if (drop !== undefined) return dropScratch(context, drop, asked);
  check(asked);
  const where: Where = room === undefined ? {} : { aggregate: aggregateFrom('room', room) };
  const nc = await context.log();
  const { resume: _file, speed: _speed, ...question } = asked;
  const beginMs = asked.from && 'atMs' in asked.from && !asked.scratch ? asked.from.atMs : undefined;
  const place = await openPlace(nc, resume, 'replay', { ...question, from: saidOf(asked.from), to: saidOf(asked.to) }, where, beginMs);
  const options = { ...asked, ...pointsOf(place, asked) };
  const { from, to } = options;
  const fromMs = from && 'atMs' in from ? from.atMs : undefined;
  const sink = await openSink(context, nc, options, where, place);
  const progress = createProgress('replay', 'commits', room === undefined ? place.total : 0);
  try {
    await pump({ place, sink, options, onProgress: (stream) => progress.update(place.done, stream), resume }, paced(readRanges(nc, where, place.ranges(), context.signal), { speed: times, fromMs: fromMs ?? 0, signal: context.signal }));
    if (!context.signal.aborted) for (const { stream, toSeq } of place.ranges()) place.moveTo(stream, toSeq);
  } catch (error) {
    await place.save();
    await sink.abandon(resume !== undefined);
    throw error;
  } finally {
    progress.end();
  }
  await place.save();
  if (context.signal.aborted) {
    await sink.abandon(resume !== undefined);
    throw new CliError(exitCodes.interrupted, 'Interrupted.', resume === undefined ? 'With --resume FILE it could go on from here.' : 'Run the same command again to go on.');
  }
  const { report, text } = await sink.finish();
  const isPrinted = options.toStream === undefined && !options.scratch;
  if (isPrinted) context.output.note(`${String(report['events'])} events${to ? ' in that range' : ''}`);
  else context.output.answer(report, () => text);
}

function check({ room, from, to, toStream, toNats, scratch, keep, open, withRemoved }: ReplayOptions): void {
  const usage = (message: string, hint: string): never => {
    throw new CliError(exitCodes.usage, message, hint);
  };
  if (toStream !== undefined) sandboxName(toStream);
  if (toStream !== undefined && scratch) usage('A replay goes to one place.', 'Leave out --to-stream or --scratch.');
  if (toNats !== undefined && toStream === undefined) usage('--to-nats says where the stream is.', 'Name it with --to-stream.');
  if (keep && !scratch) usage('--keep is for --scratch.', 'Leave it out.');
  if (open && (scratch || toStream !== undefined)) usage('--open is for standard output.', 'A stream gets the bytes as they are; scratch tables hold texts like the read model.');
  if (withRemoved && !open) usage('--with-removed widens --open.', 'Add --open, or leave it out.');
  for (const bound of [from, to]) if (bound && 'n' in bound && room === undefined) usage('Event numbers are those of one room: name it with --room.', 'Or give times.');
}

async function openSink(context: Context, nc: NatsConnection, options: ReplayOptions, where: Where, place: Place): Promise<Sink> {
  const { toStream, toNats, scratch, keep = false, open, withRemoved, resume } = options;
  if (toStream !== undefined) return openStreamSink(toNats === undefined ? nc : await connectTo(context, toNats), toStream, resume !== undefined);
  if (scratch) {
    const name = place.note('database', () => `parley_replay_${randomBytes(4).toString('hex')}`);
    await place.save();
    context.output.note(`folding into database ${name}`);
    return openScratchSink({ databaseUrl: need(context.settings, 'DATABASE_URL'), name, opener: context.opener('replay-scratch'), epochs: place.epochs, signal: context.signal, keep });
  }
  const opener = open ? context.opener(withRemoved ? 'replay:with-removed' : 'replay') : undefined;
  const removed = opener && !withRemoved ? await findRemoved(nc, where, place.ranges(), context.signal) : undefined;
  return openPrintSink({ output: context.output, filter: filterOf(options), opener, removed });
}

type Pump = { readonly place: Place; readonly sink: Sink; readonly options: ReplayOptions; readonly resume: string | undefined; readonly onProgress: (stream: string | undefined) => void };

async function pump({ place, sink, options, resume, onProgress }: Pump, groups: AsyncIterable<readonly Placed[]>): Promise<void> {
  let savedAtMs = performance.now();
  for await (const group of groups) {
    const wanted = group.filter((message) => isWanted(options, message));
    if (wanted.length > 0) await sink.write(wanted);
    for (const { stream, seq } of group) place.moveTo(stream, seq);
    onProgress(group.at(-1)?.stream);
    if (resume === undefined || performance.now() - savedAtMs < saveEveryMs) continue;
    await place.save();
    savedAtMs = performance.now();
  }
}

/** Commits go whole: one that holds any event of the range is in it. What comes before is left out only where it is not needed. */
function isWanted({ from, to, scratch }: ReplayOptions, { bytes, stream, seq }: Placed): boolean {
  if (!from && !to) return true;
  let commit;
  try {
    commit = decodeCommit(bytes);
  } catch (error) {
    throw new CliError(exitCodes.finding, `${stream} seq ${seq}: ${error instanceof Error ? error.message : String(error)}.`, 'parley verify tells what is wrong with the log.');
  }
  const atMs = Date.parse(commit.at);
  if (to && ('n' in to ? commit.n > to.n : atMs > to.atMs)) return false;
  return scratch === true || !from || ('n' in from ? commit.n + commit.events.length > from.n : atMs >= from.atMs);
}

function filterOf({ from, to }: ReplayOptions): EventFilter {
  return { ...(from && ('n' in from ? { fromN: from.n } : { fromMs: from.atMs })), ...(to && ('n' in to ? { toN: to.n } : { toMs: to.atMs })) };
}

async function dropScratch(context: Context, name: string, options: ReplayOptions): Promise<void> {
  if (Object.keys(options).length > 1) throw new CliError(exitCodes.usage, '--drop does nothing else.', 'Leave the other options out.');
  const dropped = await dropScratchDatabase(need(context.settings, 'DATABASE_URL'), name);
  if (!dropped) throw new CliError(exitCodes.finding, `There is no database ${name}.`);
  context.output.answer({ database: name, dropped }, () => `database ${name} is dropped`);
}

function speed(text: string): number {
  const times = Number(text);
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(text) || times <= 0 || times > speedMax) throw new InvalidArgumentError('must be a number above 0, such as 1, 60 or 0.5.');
  return times;
}

function databaseName(text: string): string {
  if (!scratchName.test(text)) throw new InvalidArgumentError('a scratch database is called parley_replay_ and then letters and digits.');
  return text;
}
