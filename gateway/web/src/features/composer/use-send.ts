import { messageTextCharsMax } from '@parley/contracts/messages/limits';
import { encodeMentions } from '../../lib/mention-text.ts';
import { useChat } from '../../sync/chat.tsx';
import { attempt } from '../shell/ui-state.ts';
import type { ComposerMode } from './composer-model.ts';
import type { ComposerText } from './use-composer-text.ts';

type Parts = { readonly roomId: string; readonly mode: ComposerMode; readonly onMode: (mode: ComposerMode) => void; readonly onSent: () => void };

/** Sends, edits or sends anew what is in the field. The field is emptied here and never by a later answer, which could meet newer text. */
export function useSend({ roomId, mode, onMode, onSent }: Parts, { field, picked, people, draft, fill }: ComposerText): () => void {
  const chat = useChat();
  return () => {
    const text = encodeMentions(field.current?.value.trim() ?? '', [...picked.current, ...people]);
    if (text === '' || text.length > messageTextCharsMax) return;
    onMode({ type: 'new' });
    if (mode.type === 'edit') {
      const { messageId, n, seq, text: before } = mode.message;
      if (text !== before) attempt(chat.send({ type: 'edit-message', roomId, target: { messageId, n, seq }, text }));
      return;
    }
    // A refusal stays in the conversation with what to do about it; there is nothing more to say here.
    if (mode.type === 'rewrite') chat.outbox.edit(mode.key, text).catch(() => undefined);
    else {
      const replyTo = mode.type === 'reply' ? { replyTo: { messageId: mode.to.messageId, n: mode.to.n, seq: mode.to.seq } } : {};
      chat.send({ type: 'post-message', roomId, text, ...replyTo }).catch(() => undefined);
      draft.keep({ text: '', people: [] });
      fill('', []);
    }
    onSent();
  };
}
