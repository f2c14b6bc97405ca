import type { MessageView } from '@parley/contracts/queries/views';
import type { FrameEvent } from '@parley/contracts/realtime/frames';
import { own } from './state.ts';

/** Where an event happened, besides its own number. */
export type Place = { readonly roomId: string; readonly seq: number; readonly at: string };

/** The message that `message.posted` makes. Content that is withheld reads as erased until a later event says otherwise. */
export function postedMessage(event: FrameEvent, place: Place): MessageView {
  const data = event.data as { messageId: string; author: string; ordinal: number; replyTo?: unknown; hasLink: boolean; mentions: string[]; sentAt?: string };
  const text = textOf(event);
  return {
    roomId: place.roomId, messageId: data.messageId, n: event.n, seq: place.seq, ordinal: data.ordinal, author: data.author, at: place.at,
    sentAt: data.sentAt ?? null, state: text === null ? 'erased' : 'shown', text, revision: event.n, editedAt: null,
    replyTo: data.replyTo ?? null, hasLink: data.hasLink, mentions: data.mentions, reactions: [], pinned: false,
  } as unknown as MessageView;
}

type Change = (message: MessageView, event: FrameEvent, place: Place) => Partial<MessageView>;

/** What each later event changes. The event's number becomes the message's revision whatever else changed. */
export const messageChanges: Readonly<Record<string, Change>> = {
  'message.edited': (message, event, { at }) => {
    if (message.state === 'redacted') return {};
    const { hasLink, mentions } = event.data as { hasLink: boolean; mentions: MessageView['mentions'] };
    const text = textOf(event);
    return { text, state: text === null ? 'erased' : 'shown', hasLink, mentions, editedAt: at };
  },
  // Nothing redacted stays pinned, or tells what was in it.
  'message.redacted': () => ({ state: 'redacted', text: null, hasLink: false, mentions: [], pinned: false }),
  'message.reacted': (message, event) => ({ reactions: withReaction(message.reactions, String(event.data['emoji']), event.by) }),
  'message.unreacted': (message, event) => ({ reactions: withoutReaction(message.reactions, String(event.data['emoji']), event.by) }),
  'message.pinned': () => ({ pinned: true }),
  'message.unpinned': () => ({ pinned: false }),
};

/** Folds one event into a message; the same event again changes nothing. */
export function changeMessage(message: MessageView, event: FrameEvent, place: Place): MessageView {
  const change = own(messageChanges, event.type);
  if (!change || event.n <= message.revision) return message;
  return { ...message, ...change(message, event, place), revision: event.n };
}

function textOf(event: FrameEvent): string | null {
  const text = event.content?.['text'];
  return typeof text === 'string' ? text : null;
}

type Reactions = MessageView['reactions'];

export function withReaction(reactions: Reactions, emoji: string, by: string): Reactions {
  const userId = by as Reactions[number]['users'][number];
  const present = reactions.find((reaction) => reaction.emoji === emoji);
  if (!present) return [...reactions, { emoji, users: [userId] }];
  if (present.users.includes(userId)) return reactions;
  return reactions.map((reaction) => (reaction === present ? { emoji, users: [...present.users, userId] } : reaction));
}

export function withoutReaction(reactions: Reactions, emoji: string, by: string): Reactions {
  return reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, users: reaction.users.filter((userId) => userId !== by) } : reaction))
    .filter(({ users }) => users.length > 0);
}
