import type { NatsConnection } from '@nats-io/transport-node';
import { type Command, InvalidArgumentError } from 'commander';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { upcast } from '@parley/contracts/registry/events';
import { streamNames } from '@parley/contracts/wire/partition';
import { natsUrl, roomId } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { diffAggregate, diffStream, type LogDifference } from '../log/diff-logs.ts';
import { diffStates, StateFold } from '../log/diff-states.ts';
import { isWithin, parsePoint, type Point, renderPoint } from '../log/point.ts';
import { aggregateFrom, readAggregate } from '../log/read-aggregate.ts';
import { compareCounts, count, emptySummary, type Summary } from '../log/summarise.ts';
import { good, table } from '../output.ts';
import { escaped } from '../printable.ts';
import { createProgress } from '../progress.ts';
import { connectTo } from '../replay/connect.ts';
import { pastRoom, type PastRoom } from '../room/past-room.ts';
import { foldRoomLog, openTexts } from '../room/read-room.ts';
import { diffRooms, type RoomDiff } from '../room/room-diff.ts';

/** A point, or two of them with `..` between. */
type Part = { readonly from: Point; readonly to: Point | undefined };
type DiffOptions = { readonly with?: string; readonly room?: string; readonly sealed?: boolean };

export function logDiffCommand(group: Command, run: Run): void {
  group
    .command('diff')
    .description('what changed: of one aggregate between two points, of two ranges of it, or of two logs')
    .argument('[kind]', 'room, user, reader, claim or counter')
    .argument('[id]')
    .argument('[before]', 'event number or time; or a range, two of them with .. between', part)
    .argument('[after]', 'the same; left out: now', part)
    .option('--with <natsUrl>', 'compare this log with another one, commit by commit', natsUrl)
    .option('--room <id>', 'with --with: of one room only, wherever it lies in its stream', roomId)
    .option('--sealed', 'do not open names and topics')
    .addHelpText('after', '\nExamples:\n  parley log diff room general 100 200\n  parley log diff room general "yesterday 00:00" now --json\n  parley log diff room general 1..100 101..200\n  parley log diff --with nats://127.0.0.1:5222\n\nEnds with 1 when two logs differ; the first commit that does is named, per stream.')
    .action(run((context, kind: string | undefined, id: string | undefined, before: Part | undefined, after: Part | undefined, options: DiffOptions) => diff(context, kind, id, before, after, options)));
}

function part(text: string): Part {
  const ends = text.split('..');
  if (ends.length > 2) throw new InvalidArgumentError('a range is two points with .. between.');
  const [from, to] = ends.map((end) => parsePoint(end));
  return { from: from!, to };
}

async function diff(context: Context, kind: string | undefined, id: string | undefined, before: Part | undefined, after: Part | undefined, options: DiffOptions): Promise<void> {
  if (options.with !== undefined) {
    if (kind !== undefined) throw new CliError(exitCodes.usage, 'With --with a room is named by --room.', 'parley log diff --with nats://… --room general');
    return diffLogs(context, options.with, options.room);
  }
  if (kind === undefined || id === undefined || before === undefined) throw new CliError(exitCodes.usage, 'Say of what and from when: kind, id and a point.', 'parley log diff --help has examples.');
  if (options.room !== undefined) throw new CliError(exitCodes.usage, '--room is for --with.', 'Here the room is named by kind and id.');
  const aggregate = aggregateFrom(kind, id);
  const later = after ?? { from: { atMs: Date.now() }, to: undefined };
  if ((before.to === undefined) !== (later.to === undefined)) throw new CliError(exitCodes.usage, 'Give two points or two ranges.', 'A range is two points with .. between, such as 1..100.');
  if (before.to && later.to) return diffRanges(context, aggregate, before, later);
  return kind === 'room' ? diffRoom(context, id, before.from, later.from, options.sealed === true) : diffState(context, aggregate, before.from, later.from);
}

async function diffRoom(context: Context, id: string, from: Point, to: Point, sealed: boolean): Promise<void> {
  const opener = sealed ? undefined : context.opener('log-diff');
  const nc = await context.nats();
  const rooms: PastRoom[] = [];
  for (const point of [from, to]) {
    const room = pastRoom(await foldRoomLog(nc, id, point, context.signal), Infinity);
    if (!room) throw new CliError(exitCodes.finding, `room ${id} was not made by ${renderPoint(point)}.`);
    rooms.push(room);
  }
  const [before, after] = rooms as [PastRoom, PastRoom];
  if (before.n > after.n) throw new CliError(exitCodes.usage, `Event ${before.n} comes after event ${after.n}.`, 'The earlier point is named first.');
  const changes = diffRooms(before, after);
  const wanted = new Set([changes.name, changes.topic].flatMap((change) => [change?.from, change?.to]).filter((n) => typeof n === 'number'));
  const texts = opener ? await openTexts(nc, id, opener, wanted, (what) => context.output.note(what)) : new Map<number, Readonly<Record<string, unknown>> | null>();
  const said = (n: number | null, field: string): string | null => {
    const text = n === null ? undefined : texts.get(n)?.[field];
    return typeof text === 'string' && text !== '' ? text : null;
  };
  const words = (change: RoomDiff['name'], field: string) => change && { fromN: change.from, toN: change.to, from: said(change.from, field), to: said(change.to, field) };
  const report = { roomId: id, ...changes, name: words(changes.name, 'name'), topic: words(changes.topic, 'topic') };
  context.output.answer(report, () => renderRoom(report));
}

type Worded = { readonly fromN: number | null; readonly toN: number | null; readonly from: string | null; readonly to: string | null } | null;

function renderRoom({ roomId: id, fromN, toN, name, topic, state, joined, left, roles, posted, edited, redacted, pinned, unpinned, reactions }: Omit<RoomDiff, 'name' | 'topic'> & { roomId: string; name: Worded; topic: Worded }): string {
  const worded = (what: string, change: Worded): string[] => (change ? [`  ${what}  ${escaped(change.from ?? 'none')} (event ${change.fromN ?? 'none'}) → ${escaped(change.to ?? 'none')} (event ${change.toN ?? 'none'})`] : []);
  const listed = (what: string, numbers: readonly number[]): string[] => (numbers.length > 0 ? [`  ${what}  ${numbers.length}: ${numbers.slice(0, 20).join(', ')}${numbers.length > 20 ? ' …' : ''}`] : []);
  const lines = [
    ...worded('name', name), ...worded('topic', topic), ...(state ? [`  state  ${state.from} → ${state.to}`] : []),
    ...joined.map((member) => `  joined  ${member.userId} as ${member.role}, event ${member.joinedN}`), ...left.map((member) => `  left  ${member.userId}, who had joined at event ${member.joinedN}`),
    ...roles.map((change) => `  role  ${change.userId}: ${change.from} → ${change.to}`),
    ...listed('posted', posted), ...listed('edited', edited), ...listed('redacted', redacted), ...listed('pinned', pinned), ...listed('unpinned', unpinned),
    ...reactions.map((change) => `  reaction  ${escaped(change.emoji)} on ${change.n}: +${change.added.length} −${change.removed.length}`),
  ];
  return [`room ${id}, event ${fromN} → ${toN}`, ...(lines.length > 0 ? lines : ['  nothing changed'])].join('\n');
}

/** Other kinds of aggregates hold no texts in their state: it is compared field by field, as their decider folds it. */
async function diffState(context: Context, aggregate: AggregateRef, from: Point, to: Point): Promise<void> {
  const nc = await context.nats();
  const folds = [new StateFold(aggregate.kind), new StateFold(aggregate.kind)] as const;
  let headN = 0;
  for await (const { commit } of readAggregate(nc, aggregate)) {
    commit.events.forEach((event, index) => {
      headN = commit.n + index;
      [from, to].forEach((until, which) => {
        if (isWithin(headN, commit.at, undefined, until)) folds[which]?.take(upcast(event), headN, commit.at);
      });
    });
  }
  if (headN === 0) throw new CliError(exitCodes.finding, `The log has no ${aggregate.kind} ${aggregate.id}.`);
  const report = { kind: aggregate.kind, id: aggregate.id, fromN: folds[0].n, toN: folds[1].n, changes: diffStates(folds[0].state, folds[1].state) };
  context.output.answer(report, () => [`${aggregate.kind} ${aggregate.id}, event ${report.fromN} → ${report.toN}`, ...(report.changes.length === 0 ? ['  nothing changed'] : report.changes.map(({ path, from: old, to: now }) => `  ${path}  ${JSON.stringify(old)} → ${JSON.stringify(now)}`))].join('\n'));
}

async function diffRanges(context: Context, aggregate: AggregateRef, left: Part, right: Part): Promise<void> {
  const nc = await context.nats();
  const summaries: readonly [Summary, Summary] = [emptySummary(), emptySummary()];
  for await (const { commit } of readAggregate(nc, aggregate)) {
    commit.events.forEach((event, index) => {
      [left, right].forEach((range, which) => {
        if (isWithin(commit.n + index, commit.at, range.from, range.to)) count(summaries[which]!, event);
      });
    });
  }
  const report = { kind: aggregate.kind, id: aggregate.id, events: summaries.map(({ events }) => events), types: compareCounts(summaries[0].types, summaries[1].types), people: compareCounts(summaries[0].people, summaries[1].people) };
  if (summaries[0].events + summaries[1].events === 0) throw new CliError(exitCodes.finding, `The log has no such events of ${aggregate.kind} ${aggregate.id}.`);
  const [first, second] = [left, right].map(({ from, to }) => `${renderPoint(from)} to ${renderPoint(to!)}`) as [string, string];
  context.output.answer(report, () => [table(['type', first, second], report.types.map((row) => [row.what, row.left, row.right])), '', table(['person', first, second], report.people.map((row) => [row.what, row.left, row.right]))].join('\n'));
}

async function diffLogs(context: Context, url: string, room: string | undefined): Promise<void> {
  const left = await context.nats();
  const right: NatsConnection = await connectTo(context, url);
  const differences: LogDifference[] = [];
  let commits = 0;
  if (room !== undefined) {
    const found = await diffAggregate(left, right, aggregateFrom('room', room));
    if (found) differences.push(found);
  } else {
    const progress = createProgress('diff', 'commits', 0);
    for (const stream of streamNames) {
      context.signal.throwIfAborted();
      const before = commits;
      const found = await diffStream(left, right, stream, context.signal, (compared) => progress.update((commits = before + compared), stream));
      if (found) differences.push(found);
    }
    progress.end();
  }
  context.output.answer({ same: differences.length === 0, differences }, () => (differences.length === 0 ? good('the logs are the same') : differences.map(({ stream, seq, kind, id, n, what }) => `${stream} seq ${seq}${kind === undefined ? '' : `, ${kind} ${id}`}${n === undefined ? '' : `, event ${n}`}: ${what}`).join('\n')));
  if (differences.length > 0) process.exitCode = exitCodes.finding;
}
