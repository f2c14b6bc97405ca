import { z } from 'zod';
import { defineEvent, type EventOf } from '../envelope/define.ts';
import { MessageId, UserId } from '../ids.ts';
import { storableLine, storableText } from '../text.ts';
import { emojiCharsMax, mentionsMax, messageTextCharsMax } from './limits.ts';

export const MessageText = storableText(messageTextCharsMax);
export const Emoji = storableLine(emojiCharsMax);
/** Number of an event in its room, counted from 1. */
export const EventNumber = z.int().min(1);

const reply = z.object({ messageId: MessageId, n: EventNumber });

export const messagePosted = defineEvent(
  'message.posted',
  2,
  z.object({
    messageId: MessageId,
    author: UserId,
    /** 1, 2, 3 … among the room's messages: the exact index of a timeline. */
    ordinal: z.int().min(1),
    replyTo: reply.optional(),
    /** Facts that rows need from the text, decided here because the text may be erased later. */
    hasLink: z.boolean(),
    mentions: z.array(UserId).max(mentionsMax),
    /** When it was said elsewhere, for imported messages. */
    sentAt: z.iso.datetime().optional(),
    source: z.object({ name: z.string(), line: z.int().min(0) }).optional(),
  }),
  z.object({ text: MessageText }),
);
export const messageEdited = defineEvent(
  'message.edited', 1,
  z.object({ messageId: MessageId, targetN: EventNumber, hasLink: z.boolean(), mentions: z.array(UserId).max(mentionsMax) }),
  z.object({ text: MessageText }),
);
export const messageRedacted = defineEvent('message.redacted', 1, z.object({ messageId: MessageId, targetN: EventNumber }));
export const messageReacted = defineEvent('message.reacted', 1, z.object({ messageId: MessageId, targetN: EventNumber, emoji: Emoji }));
export const messageUnreacted = defineEvent('message.unreacted', 1, z.object({ messageId: MessageId, targetN: EventNumber, emoji: Emoji }));
export const messagePinned = defineEvent('message.pinned', 1, z.object({ messageId: MessageId, targetN: EventNumber }));
export const messageUnpinned = defineEvent('message.unpinned', 1, z.object({ messageId: MessageId, targetN: EventNumber }));

export const messageEvents = [
  messagePosted, messageEdited, messageRedacted, messageReacted, messageUnreacted, messagePinned, messageUnpinned,
] as const;
export type MessageEvent = EventOf<(typeof messageEvents)[number]>;
