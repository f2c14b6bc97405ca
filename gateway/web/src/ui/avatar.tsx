import type { CSSProperties } from 'react';
import { firstCharacter, hueOf, initialsOf } from '../lib/names.ts';

export type PresenceState = 'active' | 'idle' | 'offline';
/** Below this there is room for one character. */
const smallPx = 24;

export const hueStyle = (id: string, size?: number): CSSProperties => ({ '--hue': hueOf(id), ...(size && { '--size': `${size}px` }) }) as CSSProperties;

export function PresenceDot({ state, label }: { readonly state: PresenceState; readonly label?: string }) {
  return <span className={`dot ${state}`} {...(label ? { role: 'img', 'aria-label': label, title: label } : { 'aria-hidden': true })} />;
}

/** Initials on a colour that stays the same for a person. Decoration, and no text of the page: the name always stands beside it. */
export function Avatar({ id, name, size = 36, presence }: { readonly id: string; readonly name: string; readonly size?: number; readonly presence?: PresenceState | undefined }) {
  return (
    <span className="avatar" style={hueStyle(id, size)} data-initials={size < smallPx ? firstCharacter(initialsOf(name)) : initialsOf(name)} aria-hidden="true">
      {presence && presence !== 'offline' && <PresenceDot state={presence} />}
    </span>
  );
}
