import type { Command } from 'commander';
import type { NatsConnection } from '@nats-io/transport-node';
import { readerMarked } from '@parley/contracts/readers/events';
import { messageRef, roomId as roomIdArgument } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readAggregate } from '../log/read-aggregate.ts';
import { table } from '../output.ts';
import { foldRoomLog } from '../room/read-room.ts';
import { type MessageSights, type Sight, whoCouldSee } from '../room/who-could-see.ts';

/** The event of a person's reader with which they had read as far as the message. */
type ReadMark = { readonly n: number; readonly at: string; readonly marker: number };
type ShownSight = Sight & { readonly read?: ReadMark | null };

export function whoCouldSeeCommand(program: Command, run: Run): void {
  program
    .command('who-could-see')
    .description('who could read a message, from when until when, and the events that prove it')
    .argument('<roomId>', 'the room', roomIdArgument)
    .argument('<message>', 'the message’s id or event number', messageRef)
    .option('--read', 'also: when their read marker passed it')
    .addHelpText('after', '\nExamples:\n  parley who-could-see general 812\n  parley who-could-see general 812 --read\n  parley who-could-see general 0190a3b0-1111-7000-8000-000000000001 --json | jq \'.sights[].proof\'')
    .action(run((context, roomId: string, message: string | number, options: { read?: boolean }) => answer(context, roomId, message, options.read === true)));
}

async function answer(context: Context, roomId: string, message: string | number, withRead: boolean): Promise<void> {
  const nc = await context.nats();
  const found = whoCouldSee(await foldRoomLog(nc, roomId, undefined, context.signal), message);
  if (!found) throw new CliError(exitCodes.finding, `room ${roomId} has no message ${message}.`, typeof message === 'number' ? `parley log show room ${roomId} --from ${message} --to ${message} shows what that event is.` : undefined);
  const sights: ShownSight[] = [];
  for (const sight of found.sights) sights.push(withRead ? { ...sight, read: await readMark(nc, roomId, sight.userId, found.n) } : sight);
  context.output.answer({ ...found, sights }, () => render(found, sights, withRead));
}

async function readMark(nc: NatsConnection, roomId: string, userId: string, n: number): Promise<ReadMark | null> {
  for await (const { commit } of readAggregate(nc, { kind: 'reader', id: userId })) {
    for (const [index, { type, data }] of commit.events.entries()) {
      if (type === readerMarked.type && data['roomId'] === roomId && (data['n'] as number) >= n) return { n: commit.n + index, at: commit.at, marker: data['n'] as number };
    }
  }
  return null;
}

function render(found: MessageSights, sights: readonly ShownSight[], withRead: boolean): string {
  const { roomId, kind, history, n, messageId, author, at, edits, redaction, deletion } = found;
  return [
    `message ${messageId}: event ${n} of room ${roomId} (${kind}, history ${history}), said by ${author} at ${at}`,
    ...edits.map((mark) => `  edited by event ${mark.n}, ${mark.at}`),
    ...(redaction ? [`  redacted by event ${redaction.n}, ${redaction.at}, by ${redaction.by}`] : []),
    ...(deletion ? [`  the room was deleted by event ${deletion.n}, ${deletion.at}`] : []),
    '',
    sights.length === 0
      ? 'nobody could read it'
      : table(
          ['person', 'role', 'could read it from', 'until', 'texts', ...(withRead ? ['had read it at'] : []), 'proof'],
          sights.map((sight) => [
            sight.userId, sight.role, `event ${sight.fromN}, ${sight.fromAt}`, sight.untilN === null ? 'now' : `event ${sight.untilN}, ${sight.untilAt} (${sight.ended})`, sight.versions.join(', ') || 'none',
            ...(withRead ? [sight.read ? `${sight.read.at} (marker ${sight.read.marker})` : 'not marked'] : []), sight.proof.map((proof) => `${proof.n} ${proof.what}`).join('; '),
          ]),
        ),
  ].join('\n');
}
