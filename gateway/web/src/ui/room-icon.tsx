import type { RoomKind } from '@parley/contracts/rooms/events';
import { Archive, Hash, Lock, Users } from 'lucide-react';

/** The kind of a room at a glance; its name always stands beside it. */
export function RoomIcon({ kind, archived = false, size = 16 }: { readonly kind: RoomKind; readonly archived?: boolean; readonly size?: number }) {
  if (archived) return <Archive size={size} aria-hidden="true" />;
  if (kind === 'private') return <Lock size={size} aria-hidden="true" />;
  return kind === 'public' ? <Hash size={size} aria-hidden="true" /> : <Users size={size} aria-hidden="true" />;
}
