import type { MessageView } from '@parley/contracts/queries/views';
import { createContext, use } from 'react';

/** What one may do with a message. One object for the life of the room view, so that rows need not draw again. */
export type MessageActions = {
  readonly reply: (message: MessageView) => void;
  readonly edit: (message: MessageView) => void;
  readonly openPicker: (message: MessageView, anchor: DOMRect) => void;
  readonly openMenu: (message: MessageView, anchor: DOMRect) => void;
  readonly toggleReaction: (message: MessageView, emoji: string) => void;
  readonly togglePin: (message: MessageView) => void;
  readonly redact: (message: MessageView) => void;
  readonly copyText: (message: MessageView) => void;
  readonly copyLink: (message: MessageView) => void;
  readonly jumpTo: (target: { readonly messageId: string; readonly n: number }) => void;
  /** Puts the text of a failed message back into the composer. */
  readonly rewrite: (key: string, text: string) => void;
};

export const MessageActionsContext = createContext<MessageActions | undefined>(undefined);

export function useMessageActions(): MessageActions {
  const actions = use(MessageActionsContext);
  if (!actions) throw new Error('A row stands outside of its timeline.');
  return actions;
}
