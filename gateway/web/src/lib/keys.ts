/** Letters by place on the keyboard: in Hangul mode `key` is `ㅏ` or `Process`, and a shortcut must still work. */
const byCode = (code: string): string | undefined => (code.startsWith('Key') ? code.slice(3).toLowerCase() : code.startsWith('Digit') ? code.slice(5) : undefined);

export type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** The key that a shortcut means: `key` where it is ASCII (so AZERTY stays right), else by place. Letters in lower case. */
export function keyOf({ key, code }: Pick<Press, 'key' | 'code'>): string {
  if (key.length === 1) return key >= ' ' && key <= '~' ? key.toLowerCase() : (byCode(code) ?? key);
  return key === 'Process' || key === 'Unidentified' || key === 'Dead' ? (byCode(code) ?? key) : key;
}

/** `mod+k`, `alt+ArrowUp`, `shift+Escape`, `r`: modifiers in a fixed order. Shift is left out where it only made the character (`?`, `+`). */
export function chordOf(press: Press): string {
  const key = keyOf(press);
  const printed = key.length === 1 && !/[a-z0-9]/u.test(key);
  return [(press.ctrlKey || press.metaKey) && 'mod', press.altKey && 'alt', press.shiftKey && !printed && 'shift', key].filter(Boolean).join('+');
}

/** Whether a key press belongs to a text field. */
export const inTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
