import type { UserId } from '@parley/contracts/ids';
import type { MessageId } from '@parley/contracts/ids';
import { messageEdited, messagePinned, messagePosted, messageReacted, messageRedacted, messageUnpinned, messageUnreacted } from '@parley/contracts/messages/events';
import { pinsMax } from '@parley/contracts/rooms/limits';
import { accept, refuse } from '@parley/kernel/decider/decider';
import { getKeyed, hasKeyed } from '../keyed.ts';
import type { PreparedEdit, PreparedImport, PreparedPost, PreparedTargeted } from './prepared.ts';
import { enter, enterOpen, isModerating, isOperator, mayPin, type RoomDecision } from './room.access.ts';
import type { RoomEvent, RoomState } from './room.state.ts';

type Of<T extends PreparedTargeted['type']> = Extract<PreparedTargeted, { type: T }>;

export function postMessage(state: RoomState, command: PreparedPost): RoomDecision {
  const inside = enterOpen(state, command.caller);
  if ('refused' in inside) return inside;
  const { hasLink, replyTo } = command;
  return accept<RoomEvent>({
    type: messagePosted.type,
    data: {
      messageId: command.id as string as MessageId,
      author: command.caller.userId as UserId,
      ordinal: inside.room.ordinal + 1,
      ...(replyTo && { replyTo }),
      hasLink,
      mentions: [...command.mentions],
    },
  });
}

export function editMessage(state: RoomState, command: PreparedEdit): RoomDecision {
  const inside = enterOpen(state, command.caller);
  if ('refused' in inside) return inside;
  const { target, hasLink, mentions } = command;
  if (target.author !== command.caller.userId) return refuse('forbidden');
  if (hasKeyed(inside.room.redacted, target.messageId)) return refuse('message-redacted');
  return accept<RoomEvent>({ type: messageEdited.type, data: { messageId: target.messageId, targetN: target.n, hasLink, mentions: [...mentions] } });
}

export function redactMessage(state: RoomState, { caller, target }: Of<'redact-message'>): RoomDecision {
  const inside = enter(state, caller);
  if ('refused' in inside) return inside;
  const { room, me } = inside;
  const moderating = isModerating(me.role);
  // In an archived room only those who look after it still take something away.
  if (room.phase === 'archived' && !moderating) return refuse('room-archived');
  if (target.author !== caller.userId && !moderating) return refuse('forbidden');
  if (hasKeyed(room.redacted, target.messageId)) return accept();
  return accept<RoomEvent>({ type: messageRedacted.type, data: { messageId: target.messageId, targetN: target.n } });
}

/** Reactions are set operations that readers resolve, so the state need not hold them: repeating one changes nothing. */
export function reactOrUnreact(state: RoomState, { type, caller, target, emoji }: Of<'react' | 'unreact'>): RoomDecision {
  const inside = enterOpen(state, caller);
  if ('refused' in inside) return inside;
  if (hasKeyed(inside.room.redacted, target.messageId)) return type === 'react' ? refuse('message-redacted') : accept();
  const data = { messageId: target.messageId, targetN: target.n, emoji };
  return accept<RoomEvent>({ type: type === 'react' ? messageReacted.type : messageUnreacted.type, data });
}

export function pinOrUnpin(state: RoomState, { type, caller, target }: Of<'pin-message' | 'unpin-message'>): RoomDecision {
  const inside = enterOpen(state, caller);
  if ('refused' in inside) return inside;
  if (!mayPin(inside)) return refuse('forbidden');
  const isPinned = inside.room.pins.includes(target.messageId);
  const data = { messageId: target.messageId, targetN: target.n };
  if (type === 'unpin-message') return isPinned ? accept<RoomEvent>({ type: messageUnpinned.type, data }) : accept();
  if (hasKeyed(inside.room.redacted, target.messageId)) return refuse('message-redacted');
  if (isPinned) return accept();
  if (inside.room.pins.length >= pinsMax) return refuse('pins-full');
  return accept<RoomEvent>({ type: messagePinned.type, data });
}

/**
 * Appends lines of an archive. Lines at or below the highest one imported from the source are done already.
 * A batch is decided whole or not at all, because its texts were sealed for their places in it; preparation has
 * left out what was imported before, so a batch that overlaps means that another import of the source runs too.
 */
export function importMessages(state: RoomState, { caller, source, lines }: PreparedImport): RoomDecision {
  if (!isOperator(caller)) return refuse('forbidden');
  if (state.phase === 'unopened' || state.phase === 'deleted') return refuse('not-found');
  const highest = getKeyed(state.imported, source) ?? -1;
  const isRising = lines.every(({ line }, index) => index === 0 || line > (lines[index - 1]?.line ?? -1));
  if (!isRising) return refuse('invalid', 'lines must rise');
  const last = lines.at(-1);
  const [first] = lines;
  if (!first || !last || last.line <= highest) return accept();
  if (state.phase === 'archived') return refuse('room-archived');
  if (first.line <= highest) return refuse('invalid', `lines up to ${highest} of this source were imported meanwhile`);
  const { ordinal } = state;
  return accept<RoomEvent>(
    ...lines.map(({ line, messageId, author, sentAt, hasLink, mentions }, index): RoomEvent => ({
      type: messagePosted.type,
      data: {
        messageId: messageId as string as MessageId, author, ordinal: ordinal + index + 1,
        hasLink, mentions: [...mentions], sentAt, source: { name: source, line },
      },
    })),
  );
}
