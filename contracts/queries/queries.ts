import { z } from 'zod';
import { MessageId, RoomId, UserId } from '../ids.ts';
import { historyPageMax } from '../messages/limits.ts';
import { defineQuery } from './define.ts';
import { search } from './search.ts';
import { EditView, MemberView, MessageView, MyRoomView, NoteView, RoomView, UserView } from './views.ts';

/** `after`: a cursor from a frame or a command's answer; the query waits up to 500 ms to have reached it. */
const after = z.string().max(500).optional();
const limit = (max: number, fallback: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const ordinal = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
const roomId = RoomId;

export const me = defineQuery('me', { path: '/v1/me', summary: 'Who I am.', params: z.strictObject({ after }), data: UserView });
export const myRooms = defineQuery('my-rooms', {
  path: '/v1/me/rooms', summary: 'My rooms, those with the newest activity first, with last message and unread count.',
  params: z.strictObject({ after, limit: limit(200, 100), page: z.string().max(200).optional() }),
  data: z.object({ rooms: z.array(MyRoomView), next: z.string().nullable() }),
});
export const publicRooms = defineQuery('public-rooms', {
  path: '/v1/rooms', summary: 'Rooms that anybody may join, by name.',
  params: z.strictObject({ after, limit: limit(100, 50), page: z.string().max(200).optional() }),
  data: z.object({ rooms: z.array(RoomView), next: z.string().nullable() }),
});
export const oneRoom = defineQuery('room', { path: '/v1/rooms/:roomId', summary: 'One of my rooms, or a public one (role null).', params: z.strictObject({ roomId, after }), data: z.union([MyRoomView, RoomView]) });
export const roomMembers = defineQuery('members', {
  path: '/v1/rooms/:roomId/members', summary: 'Members of a room, in the order in which they joined.',
  params: z.strictObject({ roomId, after, limit: limit(500, 200), page: z.string().max(200).optional() }),
  data: z.object({ members: z.array(MemberView), next: z.string().nullable() }),
});
/** At most one of before, since, around; none means the newest page. Bounds are exclusive ordinals, `around` is in the middle. */
export const history = defineQuery('history', {
  path: '/v1/rooms/:roomId/messages', summary: 'A page of a room’s history, ascending, with what else happened between.',
  params: z.strictObject({ roomId, after, before: ordinal, since: ordinal, around: ordinal, limit: limit(historyPageMax, 50) }),
  data: z.object({ messages: z.array(MessageView), notes: z.array(NoteView), n: z.int(), ordinal: z.int(), firstOrdinal: z.int() }),
});
export const oneMessage = defineQuery('message', {
  path: '/v1/rooms/:roomId/messages/:messageId', summary: 'One message with its edits.',
  params: z.strictObject({ roomId, messageId: MessageId, after }), data: z.object({ message: MessageView, edits: z.array(EditView) }),
});
export const pinnedMessages = defineQuery('pins', { path: '/v1/rooms/:roomId/pins', summary: 'Pinned messages of a room.', params: z.strictObject({ roomId, after }), data: z.object({ messages: z.array(MessageView) }) });
export const receipts = defineQuery('receipts', {
  path: '/v1/rooms/:roomId/receipts', summary: 'How far the members of a small room have read.',
  params: z.strictObject({ roomId, after }), data: z.object({ markers: z.array(z.object({ userId: UserId, n: z.int() })) }),
});
export const users = defineQuery('users', {
  path: '/v1/users', summary: 'People by id (comma separated, at most 200) or by the beginning of their name, in a room of mine or anywhere.',
  params: z.strictObject({ after, ids: z.string().max(8_000).optional(), name: z.string().max(40).optional(), room: RoomId.optional(), limit: limit(200, 50) }),
  data: z.object({ users: z.array(UserView) }),
});

export const queries = [me, myRooms, publicRooms, oneRoom, roomMembers, history, oneMessage, pinnedMessages, receipts, users, search] as const;

/** For gateways alone: every current membership of a person, at a position. Never routed from outside. */
export const memberships = defineQuery('memberships', {
  path: '/internal/memberships', summary: 'Current memberships of one person.',
  params: z.strictObject({ userId: UserId, after }),
  data: z.object({ rooms: z.array(z.object({ roomId: RoomId, joinedN: z.int(), lastN: z.int(), history: z.enum(['all', 'since-join']), members: z.int() })), seqs: z.array(z.int()) }),
});
/** For gateways alone: ids of a room's current members (receipts and typing), at most 10,000. */
export const roomMemberIds = defineQuery('room-member-ids', {
  path: '/internal/rooms/:roomId/member-ids', summary: 'Ids of current members.',
  params: z.strictObject({ roomId: RoomId, after }), data: z.object({ userIds: z.array(UserId) }),
});
