import type { PendingMessage, ShownMessage } from '@parley/client/optimistic';
import { CircleAlert, Clock3 } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { useChat } from '../../sync/chat.tsx';
import { troubleText } from '../../sync/trouble.ts';
import { attempt } from '../shell/ui-state.ts';
import { useMessageActions } from './actions.ts';

/** Appears only after 300 ms (by its style): most messages are in the log before anybody could read it. */
export function SendingClock() {
  const words = useWords();
  return <Clock3 size={12} className="sending-clock" aria-label={words.row.sending} />;
}

type FailedProps = { readonly entryKey: string; readonly text: string; readonly problem: PendingMessage['problem']; readonly edited: boolean };

/** A refused message or edit: why, and everything one can do about it. It never goes by itself. */
export function Failed({ entryKey, text, problem, edited }: FailedProps) {
  const words = useWords();
  const chat = useChat();
  const actions = useMessageActions();
  return (
    <div className="failed" role="alert">
      <CircleAlert size={14} aria-hidden="true" />
      <span>
        <b>{words.row.failed}</b>
        {edited && <q dir="auto">{text}</q>}
        {problem && ` · ${troubleText(problem, words)}`}
        {problem && <small> {words.error.code(problem.code)}</small>}
      </span>
      <span className="failed-actions">
        <button type="button" className="link-button" onClick={() => attempt(chat.outbox.retry(entryKey))}>{words.row.retry}</button>
        {!edited && <button type="button" className="link-button" onClick={() => actions.rewrite(entryKey, text)}>{words.row.edit}</button>}
        <button type="button" className="link-button" onClick={() => attempt(navigator.clipboard.writeText(text))}>{words.row.copy}</button>
        <button type="button" className="link-button" onClick={() => chat.outbox.discard(entryKey)}>{words.row.discard}</button>
      </span>
    </div>
  );
}

/** What the log's word on a message is, for its label. */
export function stateLabel(message: ShownMessage, pending: PendingMessage | undefined, words: ReturnType<typeof useWords>): string {
  if (pending?.state === 'failed') return words.row.failed;
  if (pending) return words.row.sending;
  return [message.state === 'redacted' && words.row.redacted, message.editedAt && words.row.edited, message.pinned && words.row.pinned].filter(Boolean).join(', ');
}
