import { rememberEmoji } from '../lib/quick-emoji.ts';
import { useWords } from '../i18n/use-words.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { partOf } from './part.tsx';
import { type Anchor, type Placement, Popover } from './popover.tsx';

const picker = partOf(async () => (await import('./emoji-picker.tsx')).EmojiPicker);

/** Opens the picker, whose data are loaded the first time. */
export function LazyEmojiPicker({ onPick, placement = 'above-end', ...rest }: { readonly anchor: Anchor; readonly placement?: Placement; readonly onPick: (emoji: string) => void; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <ErrorBoundary renderWord={(word) => <Popover {...rest} placement={placement} role="dialog" label={words.emoji.title}>{word}</Popover>}>
      <picker.Shown
        {...rest}
        placement={placement}
        onPick={(emoji) => {
          rememberEmoji(emoji);
          onPick(emoji);
        }}
      />
    </ErrorBoundary>
  );
}
