import { messageTextCharsMax } from '@parley/contracts/messages/limits';
import { SendHorizontal, SmilePlus } from 'lucide-react';
import { type RefObject, useId, useImperativeHandle, useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useRoomName } from '../../sync/chat.tsx';
import { IconButton } from '../../ui/button.tsx';
import { LazyEmojiPicker } from '../../ui/lazy-emoji-picker.tsx';
import { coarsePointer } from '../shell/media.ts';
import type { ComposerMode } from './composer-model.ts';
import { MentionList } from './mention-list.tsx';
import { ModeBar } from './mode-bar.tsx';
import { useComposerKeys } from './use-composer-keys.ts';
import { useComposerText } from './use-composer-text.ts';
import { insertText } from './use-mentions.ts';
import { useSend } from './use-send.ts';

/** From here on the number of characters is shown. */
const counterFrom = messageTextCharsMax - 500;
/** A press on a suggestion comes before the list closes. */
const closeAfterMs = 150;

export type ComposerHandle = { readonly focus: () => void; readonly isEmpty: () => boolean };
type Props = {
  readonly roomId: string; readonly mode: ComposerMode; readonly onMode: (mode: ComposerMode) => void; readonly onSent: () => void;
  /** ArrowUp in an empty field; answers whether there is something to edit. */
  readonly onEditLast: () => boolean;
  /** Escape with nothing to cancel here. */
  readonly onEscape: () => void; readonly ref: RefObject<ComposerHandle | null>;
};

/**
 * Where one writes. A plain text field that is never written to by the page while an input method composes; it is not
 * controlled by React, so no redraw can disturb a syllable.
 */
export function Composer({ roomId, mode, onMode, onSent, onEditLast, onEscape, ref }: Props) {
  const words = useWords();
  const roomName = useRoomName(roomId);
  const listId = useId();
  const text = useComposerText(roomId, mode);
  const { field, length, mentions, draft } = text;
  const submit = useSend({ roomId, mode, onMode, onSent }, text);
  const onKeyDown = useComposerKeys({ text, mode, submit, onMode, onEditLast, onEscape });
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus(), isEmpty: () => field.current?.value === '' }), [field]);
  const over = length - messageTextCharsMax;
  return (
    <div className="composer">
      <ModeBar mode={mode} onCancel={() => onMode({ type: 'new' })} />
      {mentions.suggestions && <MentionList id={listId} suggestions={mentions.suggestions} onChoose={text.choose} />}
      <div className={over > 0 ? 'composer-box over' : 'composer-box'}>
        <textarea
          ref={field} rows={1} dir="auto" aria-label={words.composer.label} placeholder={words.composer.placeholder(roomName)} autoComplete="off" spellCheck
          enterKeyHint={coarsePointer() ? 'enter' : 'send'} aria-autocomplete="list" aria-controls={mentions.suggestions ? listId : undefined}
          aria-activedescendant={mentions.suggestions ? `${listId}-${mentions.suggestions.active}` : undefined}
          onInput={text.changed} onKeyDown={onKeyDown} onSelect={mentions.refresh}
          onBlur={() => {
            draft.keepNow();
            setTimeout(mentions.close, closeAfterMs);
          }}
        />
        <div className="composer-tools">
          <EmojiButton field={field} />
          <IconButton label={mode.type === 'edit' ? words.composer.save : words.composer.send} className="send" disabled={length === 0 || over > 0} onClick={submit}><SendHorizontal size={18} /></IconButton>
        </div>
      </div>
      {length > counterFrom && <p className={over > 0 ? 'counter over' : 'counter'} role="status">{over > 0 ? words.composer.tooLong(over) : `${length.toLocaleString()} / ${messageTextCharsMax.toLocaleString()}`}</p>}
    </div>
  );
}

function EmojiButton({ field }: { readonly field: RefObject<HTMLTextAreaElement | null> }) {
  const words = useWords();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const pick = (emoji: string): void => {
    setOpen(false);
    if (field.current) insertText(field.current, field.current.selectionStart, field.current.selectionEnd, emoji);
  };
  return (
    <>
      <button ref={button} type="button" className="icon-button" aria-label={words.composer.emoji} title={words.composer.emoji} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(true)}><SmilePlus size={18} /></button>
      {open && <LazyEmojiPicker anchor={button} onClose={() => setOpen(false)} onPick={pick} />}
    </>
  );
}
