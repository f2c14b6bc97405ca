import type { MessageView } from '@parley/contracts/queries/views';
import type { Problem } from '@parley/contracts/problems/codes';
import { withoutReaction, withReaction } from './fold-message.ts';
import type { OutboxEntry } from './outbox-entry.ts';
import type { ClientState } from './state.ts';

/** A message of mine that the log has not confirmed yet. */
export type PendingMessage = {
  /** Key of its row; the confirmed message has it as its id, so nothing is remounted. */
  readonly key: string;
  readonly messageId: string;
  readonly roomId: string;
  readonly text: string;
  readonly replyTo: { readonly messageId: string; readonly n: number } | null;
  readonly createdAtMs: number;
  readonly state: 'sending' | 'failed';
  readonly problem?: Problem;
};

/** Messages on their way to a room, in the order in which they were written: they stand after the room's last one. */
export function pendingMessages(state: ClientState, roomId: string): PendingMessage[] {
  return state.outbox.flatMap(({ key, id, command, createdAtMs, state: how, problem }) => {
    if (command.type !== 'post-message' || command.roomId !== roomId) return [];
    const replyTo = command.replyTo ? { messageId: command.replyTo.messageId, n: command.replyTo.n } : null;
    return [{ key, messageId: id, roomId, text: command.text, replyTo, createdAtMs, state: how === 'failed' ? 'failed' : 'sending', ...(problem && { problem }) } as const];
  });
}

/** A message as it will look once what I did to it is in the log; `pending` while something is on its way. */
export type ShownMessage = MessageView & { readonly pending?: true; readonly failedEdit?: { readonly key: string; readonly text: string; readonly problem?: Problem } };

/** Lays my unconfirmed edits, reactions, pins and redactions over a message. Returns the same object where there are none. */
export function withPending(message: MessageView, outbox: readonly OutboxEntry[], me: string): ShownMessage {
  let shown: ShownMessage = message;
  for (const entry of outbox) {
    const { command } = entry;
    if (!('target' in command) || command.roomId !== message.roomId || command.target.messageId !== message.messageId) continue;
    shown = entry.state === 'failed' ? withFailed(shown, entry) : { ...shown, ...changeOf(shown, command, me), pending: true };
  }
  return shown;
}

type Targeted = Extract<OutboxEntry['command'], { target: unknown }>;

function changeOf(message: MessageView, command: Targeted, me: string): Partial<MessageView> {
  switch (command.type) {
    case 'edit-message':
      return message.state === 'redacted' ? {} : { text: command.text, state: 'shown', editedAt: message.editedAt ?? message.at };
    case 'redact-message':
      return { text: null, state: 'redacted', pinned: false };
    case 'react':
      return { reactions: withReaction(message.reactions, command.emoji, me) };
    case 'unreact':
      return { reactions: withoutReaction(message.reactions, command.emoji, me) };
    case 'pin-message':
      return { pinned: true };
    case 'unpin-message':
      return { pinned: false };
  }
}

function withFailed(message: ShownMessage, { key, command, problem }: OutboxEntry): ShownMessage {
  return command.type === 'edit-message' ? { ...message, failedEdit: { key, text: command.text, ...(problem && { problem }) } } : message;
}
