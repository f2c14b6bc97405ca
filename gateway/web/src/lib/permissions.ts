import type { MyRoomView } from '@parley/contracts/queries/views';
import type { MemberRole, RoomKind } from '@parley/contracts/rooms/events';

/** What the service would refuse is not offered. The service decides; this only spares a person the refusal. */
export type Seat = Pick<MyRoomView, 'role' | 'kind' | 'archived'>;

const moderating = (role: MemberRole): boolean => role === 'owner' || role === 'moderator';
const caring = ({ role, kind }: { readonly role: MemberRole; readonly kind: RoomKind }): boolean => moderating(role) || (kind === 'group' && role !== 'guest');

export const maySpeak = (seat: Seat): boolean => !seat.archived;
export const mayChangeRoom = (seat: Seat): boolean => seat.kind !== 'direct' && !seat.archived && caring(seat);
export const mayInvite = (seat: Seat): boolean => mayChangeRoom(seat);
export const mayArchive = (seat: Seat): boolean => seat.kind !== 'direct' && seat.role === 'owner';
export const mayDelete = (seat: Seat): boolean => seat.kind !== 'direct' && seat.role === 'owner';
export const mayLeave = (seat: Seat): boolean => seat.kind !== 'direct';
export const mayPin = (seat: Seat): boolean => !seat.archived && (caring(seat) || (seat.kind === 'direct' && seat.role !== 'guest'));
export const mayRedact = (seat: Seat, own: boolean): boolean => !seat.archived && (own || moderating(seat.role));
export const mayRemove = (seat: Seat, their: MemberRole): boolean =>
  seat.kind !== 'direct' && moderating(seat.role) && (seat.role === 'owner' || !moderating(their));

/** Roles that one may give a member, other than the one they have. */
export const rolesToGive = (seat: Seat, their: MemberRole): readonly MemberRole[] =>
  seat.kind !== 'direct' && seat.role === 'owner' && !seat.archived ? (['owner', 'moderator', 'member', 'guest'] as const).filter((role) => role !== their) : [];
