import { lazy, Suspense } from 'react';
import { rememberEmoji } from '../lib/quick-emoji.ts';
import type { Anchor, Placement } from './popover.tsx';

const Picker = lazy(async () => ({ default: (await import('./emoji-picker.tsx')).EmojiPicker }));

/** Opens the picker, whose data are loaded the first time. */
export function LazyEmojiPicker({ onPick, ...rest }: { readonly anchor: Anchor; readonly placement?: Placement; readonly onPick: (emoji: string) => void; readonly onClose: () => void }) {
  return (
    <Suspense fallback={null}>
      <Picker
        {...rest}
        onPick={(emoji) => {
          rememberEmoji(emoji);
          onPick(emoji);
        }}
      />
    </Suspense>
  );
}
