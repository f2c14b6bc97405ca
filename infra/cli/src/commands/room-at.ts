import type { Command } from 'commander';
import { count, roomId as roomIdArgument } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { parsePoint, type Point, renderPoint } from '../log/point.ts';
import type { Texts } from '../log/open-texts.ts';
import { dim, table } from '../output.ts';
import { escaped } from '../printable.ts';
import { type PastMessage, type PastRoom, pastRoom } from '../room/past-room.ts';
import { foldRoomLog, openTexts } from '../room/read-room.ts';

type AtOptions = { readonly messages: number; readonly sealed?: boolean; readonly withRemoved?: boolean };

export function roomAtCommand(group: Command, run: Run): void {
  group
    .command('at')
    .description('the room as it was: name, topic, members, messages with the texts of then, pins, reactions')
    .argument('<roomId>', 'the room', roomIdArgument)
    .argument('<point>', 'event number, ISO time, "2h ago", "yesterday 14:00" or "now"', (text: string) => parsePoint(text))
    .option('--messages <n>', 'the newest so many messages', count, 20)
    .option('--sealed', 'open nothing; the vault is not asked')
    .option('--with-removed', 'also texts that were redacted since; the vault notes that this was asked for')
    .addHelpText('after', '\nExamples:\n  parley room at general 812\n  parley room at general "yesterday 14:00" --messages 100\n  parley room at general 2026-11-24T09:30Z --json | jq .members\n\nTimes without a zone are UTC.')
    .action(run((context, roomId: string, point: Point, options: AtOptions) => roomAt(context, roomId, point, options)));
}

/** What is shown of a message's text: the words, or why there are none. */
type ShownMessage = Omit<PastMessage, 'textN' | 'state'> & { readonly state: 'shown' | 'redacted' | 'redacted-later' | 'erased' | 'sealed'; readonly text: string | null; readonly textN: number | null };
type ShownRoom = Omit<PastRoom, 'messages' | 'nameN' | 'topicN'> & { readonly name: string | null; readonly topic: string | null; readonly messages: readonly ShownMessage[] };

async function roomAt(context: Context, roomId: string, point: Point, { messages, sealed = false, withRemoved = false }: AtOptions): Promise<void> {
  if (sealed && withRemoved) throw new CliError(exitCodes.usage, '--sealed shows no texts, so there is nothing for --with-removed.', 'Leave one of them out.');
  const opener = sealed ? undefined : context.opener(withRemoved ? 'room-at:with-removed' : 'room-at');
  const nc = await context.nats();
  const room = pastRoom(await foldRoomLog(nc, roomId, point, context.signal), messages);
  if (!room) throw new CliError(exitCodes.finding, `room ${roomId} was not made by ${renderPoint(point)}.`);
  const texts: Texts = opener ? await openTexts(nc, roomId, opener, textsOf(room, withRemoved), (what) => context.output.note(what)) : new Map();
  const shown = showRoom(room, texts, { sealed, withRemoved });
  context.output.answer(shown, () => render(shown));
}

/** The events whose texts are shown. What was redacted later is not even opened unless asked for. */
function textsOf({ nameN, topicN, messages }: PastRoom, withRemoved: boolean): ReadonlySet<number> {
  const wanted = messages.filter(({ redactedLater }) => redactedLater === null || withRemoved).map(({ textN }) => textN);
  return new Set([nameN, topicN, ...wanted].filter((n) => n !== null));
}

function showRoom({ nameN, topicN, messages, ...room }: PastRoom, texts: Texts, options: { sealed: boolean; withRemoved: boolean }): ShownRoom {
  return { ...room, name: said(texts, nameN, 'name') || null, topic: said(texts, topicN, 'topic') || null, messages: messages.map((message) => showMessage(message, texts, options)) };
}

function showMessage(message: PastMessage, texts: Texts, { sealed, withRemoved }: { sealed: boolean; withRemoved: boolean }): ShownMessage {
  if (message.state === 'redacted') return { ...message, state: 'redacted', text: null };
  if (message.redactedLater && !withRemoved) return { ...message, state: 'redacted-later', text: null };
  if (sealed) return { ...message, state: 'sealed', text: null };
  const text = said(texts, message.textN, 'text');
  return { ...message, state: text === null ? 'erased' : message.redactedLater ? 'redacted-later' : 'shown', text };
}

function said(texts: Texts, n: number | null, field: string): string | null {
  const value = n === null ? undefined : texts.get(n)?.[field];
  return typeof value === 'string' ? value : null;
}

function render(room: ShownRoom): string {
  const { roomId, name, topic, kind, history, state, n, at, members, pins, ordinal, messages } = room;
  return [
    `${name === null ? roomId : `${escaped(name)} (${roomId})`} at event ${n}, ${at}`,
    `${kind}, history ${history}, ${state}${topic === null ? '' : `; topic: ${escaped(topic)}`}`,
    '',
    table(['member', 'role', 'joined', 'at'], members.map((member) => [member.userId, member.role, member.joinedN, member.joinedAt])),
    '',
    `${ordinal.toLocaleString('en-US')} messages${messages.length < ordinal ? `, the newest ${messages.length}` : ''}${pins.length > 0 ? `; pinned: ${pins.join(', ')}` : ''}`,
    ...messages.map(renderMessage),
  ].join('\n');
}

function renderMessage({ n, at, author, state, text, redactedLater, editedAt, editedLater, replyTo, reactions, pinned }: ShownMessage): string {
  const marks = [
    ...(replyTo === null ? [] : [`reply to ${replyTo}`]), ...(pinned ? ['pinned'] : []), ...(editedAt === null ? [] : [`edited ${editedAt}`]),
    ...(editedLater.length > 0 ? [`edited later by ${editedLater.join(', ')}`] : []),
    ...(redactedLater === null ? [] : [`redacted later by event ${redactedLater.n}, ${redactedLater.at}`]),
    ...reactions.map(({ emoji, users }) => `${emoji} ${users.length}`),
  ];
  const words = text === null ? dim(state === 'redacted-later' ? 'hidden' : state) : escaped(text);
  return `${String(n).padStart(6)}  ${at}  ${author}  ${words}${marks.length > 0 ? dim(`  (${marks.join('; ')})`) : ''}`;
}
