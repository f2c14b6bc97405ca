import type { Command } from 'commander';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamNames } from '@parley/contracts/wire/partition';
import { aggregateOfSubject } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { followStream, type StreamMessage } from '@parley/kernel/event-store/read-stream';
import { count, roomId } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { openCommit } from '../log/open-texts.ts';
import { isWithin, parsePoint, type Point } from '../log/point.ts';
import { aggregateFrom, readAggregate } from '../log/read-aggregate.ts';
import { RemovedTexts } from '../log/removed-texts.ts';
import { renderEvent, shownEvent } from '../log/render-event.ts';
import { table } from '../output.ts';
import { quoted } from '../printable.ts';
import { logDiffCommand } from './log-diff.ts';
import { logGrepCommand } from './log-grep.ts';
import { logRestoredCommand } from './log-restored.ts';

type ShowOptions = { readonly from?: Point; readonly to?: Point; readonly open?: boolean; readonly withRemoved?: boolean };
const point = (text: string): Point => parsePoint(text);

type TailOptions = { readonly room?: string; readonly stream?: string };

export function logCommand(program: Command, run: Run): void {
  const group = program.command('log').description('Look into the log');
  group
    .command('show')
    .description('print the events of one aggregate')
    .argument('<kind>', 'room, user, reader, claim or counter')
    .argument('<id>')
    .option('--from <point>', 'first event number, or a time', point)
    .option('--to <point>', 'last event number, or a time', point)
    .option('--open', 'open personal content; the vault notes that it was asked')
    .option('--with-removed', 'with --open: also what was redacted or replaced by an edit since')
    .addHelpText('after', '\nExamples:\n  parley log show room general --from 100 --to 120\n  parley log show room general --from "2h ago"\n  parley log show room general --open --json | jq .content')
    .action(run((context, kind: string, id: string, options: ShowOptions) => show(context, kind, id, options)));
  group
    .command('tail')
    .description('print events as they are appended, until Ctrl-C')
    .option('--room <id>', 'of one room only', roomId)
    .option('--stream <name>', 'of one stream only, such as EVT_3')
    .addHelpText('after', '\nExamples:\n  parley log tail --room general\n  parley log tail --json | jq -r .type')
    .action(run((context, options: TailOptions) => tail(context, options)));
  logGrepCommand(group, run);
  logDiffCommand(group, run);
  group
    .command('stat')
    .description('what each stream holds')
    .option('--top <n>', 'also the aggregates with the most commits', count)
    .addHelpText('after', '\nExamples:\n  parley log stat\n  parley log stat --top 10')
    .action(run((context, { top = 0 }: { top?: number }) => stat(context, top)));
  logRestoredCommand(group, run);
}

async function show(context: Context, kind: string, id: string, options: ShowOptions): Promise<void> {
  const { from, to, open = false, withRemoved = false } = options;
  const aggregate = aggregateFrom(kind, id);
  if (withRemoved && !open) throw new CliError(exitCodes.usage, '--with-removed widens --open.', 'Add --open, or leave it out.');
  const opener = open ? context.opener(withRemoved ? 'log-show:with-removed' : 'log-show') : undefined;
  const nc = await context.nats();
  const removed = opener && !withRemoved ? await removedSince(nc, aggregate) : undefined;
  let shown = 0;
  for await (const { seq, commit } of readAggregate(nc, aggregate, from && 'n' in from ? from.n : 1, to && 'n' in to ? to.n : Infinity)) {
    const opened = opener && (await openCommit(opener, commit, (what) => context.output.note(what), (index) => isWithin(commit.n + index, commit.at, from, to) && removed?.has(id, commit.n + index) !== true));
    commit.events.forEach((event, index) => {
      const n = commit.n + index;
      if (!isWithin(n, commit.at, from, to)) return;
      shown += 1;
      const withheld = event.sealed !== undefined && removed?.has(id, n) === true;
      const line = { ...shownEvent({ ...aggregate, n, seq, at: commit.at }, event, opened?.[index]), ...(withheld && { content: 'removed since' }) };
      context.output.line(line, renderEvent(line));
    });
    await context.output.taken();
  }
  if (shown === 0) throw new CliError(exitCodes.finding, `The log has no such event of ${kind} ${id}.`);
}

async function removedSince(nc: NatsConnection, aggregate: AggregateRef): Promise<RemovedTexts> {
  const removed = new RemovedTexts();
  for await (const { commit } of readAggregate(nc, aggregate)) commit.events.forEach((event, index) => removed.take(aggregate.id, commit.n + index, event));
  return removed;
}

async function tail(context: Context, { room, stream }: TailOptions): Promise<void> {
  if (stream !== undefined && !streamNames.includes(stream)) throw new CliError(exitCodes.usage, `There is no stream ${quoted(stream)}.`, `Streams are ${streamNames[0]} to ${streamNames.at(-1)}.`);
  const nc = await context.nats();
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const { signal, output } = context;
  const print = ({ seq, bytes }: StreamMessage): void => {
    const commit = decodeCommit(bytes);
    if (room !== undefined && (commit.kind !== 'room' || commit.id !== room)) return;
    commit.events.forEach((event, index) => {
      const line = shownEvent({ kind: commit.kind, id: commit.id, n: commit.n + index, seq, at: commit.at }, event);
      output.line(line, renderEvent(line, room === undefined));
    });
  };
  const follow = async (name: string): Promise<void> => {
    const { state } = await jsm.streams.info(name);
    for await (const batch of followStream(nc, name, state.last_seq + 1, { signal })) {
      batch.forEach(print);
      await output.taken();
    }
  };
  await Promise.all(streamNames.filter((name) => stream === undefined || name === stream).map(follow));
}

async function stat(context: Context, top: number): Promise<void> {
  const jsm = await jetstreamManager(await context.nats(), { checkAPI: false });
  const infos = await Promise.all(streamNames.map((stream) => jsm.streams.info(stream, { subjects_filter: '>' })));
  const rows = infos.map(({ state, config }) => ({
    stream: config.name, commits: state.messages, aggregates: Object.keys(state.subjects ?? {}).length, bytes: state.bytes, firstSeq: state.first_seq, lastSeq: state.last_seq,
    lastAt: state.messages > 0 ? state.last_ts : undefined, epoch: config.metadata?.['epoch'] ?? '',
  }));
  const total = { commits: sum(rows.map(({ commits }) => commits)), bytes: sum(rows.map(({ bytes }) => bytes)) };
  const largest = infos
    .flatMap(({ state, config }) => Object.entries(state.subjects ?? {}).flatMap(([subject, commits]) => {
      const aggregate = aggregateOfSubject(subject);
      return aggregate ? [{ ...aggregate, stream: config.name, commits }] : [];
    }))
    .toSorted((left, right) => right.commits - left.commits)
    .slice(0, top);
  context.output.answer({ streams: rows, total, ...(top > 0 && { largest }) }, () => [
    table(
      ['stream', 'commits', 'aggregates', 'bytes', 'first', 'last', 'last at', 'epoch'],
      [...rows.map((row) => [row.stream, row.commits, row.aggregates, row.bytes, row.firstSeq, row.lastSeq, row.lastAt?.slice(0, 19), row.epoch]), ['all', total.commits, undefined, total.bytes, undefined, undefined, undefined, undefined]],
    ),
    ...(top > 0 ? ['', table(['aggregate', 'stream', 'commits'], largest.map(({ kind, id, stream, commits }) => [`${kind} ${id}`, stream, commits]))] : []),
  ].join('\n'));
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
