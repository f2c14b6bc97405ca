import { z } from 'zod';
import { type CommandOf, defineCommand } from '../envelope/define.ts';
import { CommandId, MessageId, RoomId, UserId } from '../ids.ts';
import { Emoji, EventNumber, MessageText } from './events.ts';
import { importLinesMax } from './limits.ts';

const kind = 'room' as const;
const roomId = RoomId;

/**
 * Where a message lies: frames and queries carry all three. The service reads that very commit and takes only what
 * never changes (author, number), so a decision never trusts a read model.
 */
export const MessageTarget = z.strictObject({ messageId: MessageId, n: EventNumber, seq: z.int().min(1) });
export type MessageTarget = z.infer<typeof MessageTarget>;
const target = MessageTarget;

export const postMessage = defineCommand('post-message', {
  kind, content: ['text'], summary: 'Say something in a room; the message id is the command id.',
  route: { method: 'POST', path: '/v1/rooms/:roomId/messages' },
  body: z.strictObject({ roomId, text: MessageText, replyTo: target.optional() }),
});
export const editMessage = defineCommand('edit-message', {
  kind, content: ['text'], summary: 'Change the text of one’s own message.', route: { method: 'PATCH', path: '/v1/rooms/:roomId/messages' },
  body: z.strictObject({ roomId, target, text: MessageText }),
});
export const redactMessage = defineCommand('redact-message', {
  kind, summary: 'Take a message’s text away: one’s own, or anybody’s for moderators.', route: { method: 'POST', path: '/v1/rooms/:roomId/redactions' },
  body: z.strictObject({ roomId, target }),
});
export const react = defineCommand('react', {
  kind, summary: 'Put a reaction on a message.', route: { method: 'POST', path: '/v1/rooms/:roomId/reactions' },
  body: z.strictObject({ roomId, target, emoji: Emoji }),
});
export const unreact = defineCommand('unreact', {
  kind, summary: 'Take one’s own reaction away.', route: { method: 'DELETE', path: '/v1/rooms/:roomId/reactions' },
  body: z.strictObject({ roomId, target, emoji: Emoji }),
});
export const pinMessage = defineCommand('pin-message', {
  kind, summary: 'Pin a message.', route: { method: 'POST', path: '/v1/rooms/:roomId/pins' }, body: z.strictObject({ roomId, target }),
});
export const unpinMessage = defineCommand('unpin-message', {
  kind, summary: 'Unpin a message.', route: { method: 'DELETE', path: '/v1/rooms/:roomId/pins' }, body: z.strictObject({ roomId, target }),
});
/** One batch of an archive. `source` and line numbers make a repeated import a no-op without any look-up. */
export const importMessages = defineCommand('import-messages', {
  kind, content: ['lines'], summary: 'Append messages of an archive (operators only).',
  body: z.strictObject({
    roomId,
    source: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
    lines: z.array(z.strictObject({
      line: z.int().min(0), messageId: CommandId, author: UserId, sentAt: z.iso.datetime(), text: MessageText,
    })).min(1).max(importLinesMax),
  }),
});

export const messageCommands = [
  postMessage, editMessage, redactMessage, react, unreact, pinMessage, unpinMessage, importMessages,
] as const;
export type MessageCommand = CommandOf<(typeof messageCommands)[number]>;
