import { setTimeout as pause } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Command } from 'commander';
import { readerMarked } from '@parley/contracts/readers/events';
import { roomId as roomIdArgument, userId as userIdArgument } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readAggregate } from '../log/read-aggregate.ts';
import { bad, good, table } from '../output.ts';
import { askRoom, type AskedRoom } from '../room/ask-query-service.ts';
import { countUnread, renderSum, type Unread, unreadMax } from '../room/count-unread.ts';
import { foldRoomLog } from '../room/read-room.ts';
import type { RoomFold } from '../room/room-fold.ts';

const patienceMs = 10_000;
const pauseMs = 100;
const countedShownMax = 20;

export function explainCommand(program: Command, run: Run): void {
  const group = program.command('explain').description('Say why Parley answers as it does');
  group
    .command('unread')
    .description('why a person sees so many unread messages in a room; ends with 1 if query-service says otherwise')
    .argument('<userId>', 'the person', userIdArgument)
    .argument('<roomId>', 'the room', roomIdArgument)
    .option('--log-only', 'from the log alone; do not ask the query-service')
    .addHelpText('after', '\nExamples:\n  parley explain unread 0190a3b0-1111-7000-8000-000000000001 general\n  parley explain unread 0190a3b0-1111-7000-8000-000000000001 general --json | jq .sum')
    .action(run((context, userId: string, roomId: string, options: { logOnly?: boolean }) => unread(context, userId, roomId, options.logOnly === true)));
}

/** Where a marker came from: the event of the person's reader; event 0 when there is none. */
type Marker = { readonly n: number; readonly fromEvent: number; readonly at: string; readonly by: string; readonly seq: number };
type Known = { readonly fold: RoomFold; readonly marker: Marker; readonly readerSeq: number };

const rule = 'others’ messages above the marker that they may read and that are not redacted; counting stops at 1,000';

async function unread(context: Context, userId: string, roomId: string, logOnly: boolean): Promise<void> {
  const nc = await context.nats();
  const { known, asked } = logOnly ? { known: await readLog(nc, userId, roomId), asked: undefined } : await compared(context, nc, userId, roomId);
  const { fold, marker } = known;
  const counted = countUnread(fold, userId, marker.n);
  if (!counted && !asked?.room) throw new CliError(exitCodes.finding, `${userId} is no member of room ${roomId}, so nothing is counted for them.`, `parley room at ${roomId} now shows who is.`);
  const differences = asked ? differencesOf(known, counted, asked) : [];
  const report = {
    userId, roomId, n: fold.head.n, unread: Math.min(unreadMax, counted?.unread ?? 0), rule,
    marker: { n: marker.n, fromEvent: marker.fromEvent, at: marker.at, by: marker.by, seq: marker.seq },
    sum: counted ? { text: renderSum(counted), lastOrdinal: counted.lastOrdinal, readOrdinal: counted.readOrdinal, own: counted.own, redacted: counted.redacted, hidden: counted.hidden } : null,
    counted: (counted?.counted ?? []).slice(0, unreadMax).map(({ n, ordinal, message_id, author, at }) => ({ n, ordinal, messageId: message_id, author, at })),
    ...(asked && { queryService: asked.room ? { n: asked.room.n, unread: asked.room.unread, marker: asked.room.marker, stale: asked.stale } : null, differences }),
  };
  context.output.answer(report, () => render(report, asked !== undefined, differences));
  if (differences.length > 0) process.exitCode = exitCodes.finding;
}

async function readLog(nc: NatsConnection, userId: string, roomId: string): Promise<Known> {
  const fold = await foldRoomLog(nc, roomId);
  let marker: Marker = { n: 0, fromEvent: 0, at: '', by: '', seq: 0 };
  let readerSeq = 0;
  for await (const { seq, commit } of readAggregate(nc, { kind: 'reader', id: userId })) {
    readerSeq = seq;
    for (const [index, { type, data, by }] of commit.events.entries()) {
      const n = data['n'] as number;
      if (type === readerMarked.type && data['roomId'] === roomId && n > marker.n) marker = { n, fromEvent: commit.n + index, at: commit.at, by, seq };
    }
  }
  return { fold, marker, readerSeq };
}

/** Log and answer of one moment: waits until the read models are as new as the log, and reads the log again if it grew meanwhile. */
async function compared(context: Context, nc: NatsConnection, userId: string, roomId: string): Promise<{ known: Known; asked: AskedRoom }> {
  const until = Date.now() + patienceMs;
  let known = await readLog(nc, userId, roomId);
  for (;;) {
    context.signal.throwIfAborted();
    const asked = await askRoom(context.settings, userId, roomId);
    const isMember = countUnread(known.fold, userId, known.marker.n) !== undefined;
    const isAhead = asked.room !== null && (asked.room.n > known.fold.head.n || asked.room.marker > known.marker.n);
    // Who is told that there is no such room is not told how far the rows are.
    const isBehind = asked.room === null ? isMember : asked.roomSeq < known.fold.head.seq || asked.readerSeq < known.readerSeq;
    if (!isAhead && !isBehind) return { known, asked };
    if (isAhead) {
      // The log is read from its leader after the answer: what it still lacks then, nobody ever wrote.
      const reread = await readLog(nc, userId, roomId);
      if (reread.fold.head.seq === known.fold.head.seq && reread.readerSeq === known.readerSeq) return { known, asked };
      known = reread;
      continue;
    }
    if (Date.now() > until && asked.room === null) return { known, asked };
    if (Date.now() > until) throw new CliError(exitCodes.unavailable, `The query-service is at event ${asked.room?.n} of room ${roomId}, the log at ${known.fold.head.n}.`, 'See parley lag and parley parked list; --log-only explains without asking it.');
    await pause(pauseMs);
  }
}

function differencesOf({ fold, marker }: Known, counted: Unread | undefined, { room, stale }: AskedRoom): string[] {
  if (!room) return ['the log has them as a member, query-service does not'];
  if (!counted) return ['query-service has them as a member, the log does not'];
  const expected = Math.min(unreadMax, counted.unread);
  return [
    ...(room.n === fold.head.n ? [] : [`query-service is at event ${room.n}, the log at ${fold.head.n}${stale ? ' (it says that it is behind; is the room parked?)' : ''}`]),
    ...(room.marker === marker.n ? [] : [`query-service has the marker at ${room.marker}, the log at ${marker.n}`]),
    ...(room.unread === expected ? [] : [`query-service counts ${room.unread}, the log says ${expected}`]),
  ];
}

type Report = { readonly userId: string; readonly roomId: string; readonly n: number; readonly unread: number; readonly marker: Marker; readonly sum: { readonly text: string } | null; readonly counted: readonly { n: number; ordinal: number; author: string; at: string }[] };

function render({ userId, roomId, n, unread: number, marker, sum, counted }: Report, isCompared: boolean, differences: readonly string[]): string {
  return [
    `${userId} has ${number} unread in room ${roomId} at event ${n}`,
    `  rule     ${rule}`,
    `  marker   ${marker.fromEvent === 0 ? 'none: they never marked anything as read here' : `event ${marker.n}, set by event ${marker.fromEvent} of their reader, ${marker.at}`}`,
    ...(sum ? [`  sum      ${sum.text}`] : []),
    ...(isCompared ? [`  queries  ${differences.length === 0 ? good('say the same') : bad(differences.join('; '))}`] : []),
    ...(counted.length === 0 ? [] : ['', table(['event', 'message', 'author', 'at'], counted.slice(0, countedShownMax).map((row) => [row.n, row.ordinal, row.author, row.at]))]),
    ...(counted.length > countedShownMax ? [`… and ${counted.length - countedShownMax} more (--json has them all)`] : []),
  ].join('\n');
}
