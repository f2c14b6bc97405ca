import { memberInvited, memberJoined, memberLeft, memberRemoved, memberRoleChanged, roomArchived, roomCreated, roomDeleted, roomEvents, roomRenamed, roomTopicSet, roomUnarchived } from '@parley/contracts/rooms/events';
import { Poison } from '../../runner/failures.ts';
import type { OpenedCommit, OpenedEvent } from '../../runner/projection.ts';
import { foldMessageEvent } from './fold-messages.ts';
import { type ConversationRows, memberKey, type RoomRow, type StayRow } from './rows.ts';

/** An event with the place it needs to become rows. */
export type PlacedEvent = OpenedEvent & { readonly roomId: string; readonly at: string; readonly seq: number };

/** Everything that is told in a timeline besides messages. */
const told: ReadonlySet<string> = new Set(roomEvents.map(({ type }) => type));

/** Folds one commit of a room into the rows. Throws Poison for an event that the room's log cannot mean. */
export function foldRoomCommit(rows: ConversationRows, commit: OpenedCommit): void {
  for (const event of commit.events) {
    const placed: PlacedEvent = { ...event, roomId: commit.id, at: commit.at, seq: commit.seq };
    const room = event.type === roomCreated.type ? createRoom(rows, placed) : rows.rooms.get(commit.id);
    if (!room) throw new Poison('no-room', `${event.type} at ${event.n} before the room was made`);
    room.n = event.n;
    if (told.has(event.type)) {
      foldRoomEvent(rows, room, placed);
      rows.notes.push(noteOf(room, placed));
    } else {
      foldMessageEvent(rows, room, placed);
    }
  }
}

function createRoom(rows: ConversationRows, { roomId, data, content, at, n }: PlacedEvent): RoomRow {
  if (rows.rooms.has(roomId)) throw new Poison('room-twice', `made again at ${n}`);
  const room: RoomRow = {
    room_id: roomId, kind: data['kind'] as string, history: data['history'] as string, name: textOf(content, 'name'), topic: textOf(content, 'topic') || null,
    created_by: data['createdBy'] as string, created_at: at, archived: false, deleted_n: null, members: 0, n, ordinal: 0, active_at: at,
  };
  rows.rooms.set(roomId, room);
  return room;
}

function foldRoomEvent(rows: ConversationRows, room: RoomRow, event: PlacedEvent): void {
  switch (event.type) {
    case roomRenamed.type: room.name = textOf(event.content, 'name'); return;
    case roomTopicSet.type: room.topic = textOf(event.content, 'topic') || null; return;
    case roomArchived.type: room.archived = true; return;
    case roomUnarchived.type: room.archived = false; return;
    case roomDeleted.type: return deleteRoom(rows, room, event);
    case memberJoined.type: return join(rows, room, event);
    case memberLeft.type:
    case memberRemoved.type: return leave(rows, room, event);
    case memberRoleChanged.type: {
      const stay = openStay(rows, event);
      if (stay) {
        stay.role = event.data['role'] as string;
        rows.changedStays.add(stay);
      }
      return;
    }
    case roomCreated.type:
    case memberInvited.type: return;
    default: throw new Poison('unfolded', event.type);
  }
}

/** The stay that was open when the event happened; one that ended by this very event counts (access is taken away early when a room is parked). */
function openStay(rows: ConversationRows, { roomId, data, n }: PlacedEvent): StayRow | undefined {
  const stay = rows.stays.get(memberKey(roomId, data['userId'] as string));
  return stay && (stay.left_n === null || stay.left_n >= n) ? stay : undefined;
}

function join(rows: ConversationRows, room: RoomRow, event: PlacedEvent): void {
  if (openStay(rows, event)) return;
  const stay: StayRow = {
    room_id: event.roomId, user_id: event.data['userId'] as string, joined_n: event.n, joined_ordinal: room.ordinal, joined_at: event.at,
    role: event.data['role'] as string, left_n: null, left_ordinal: null, left_at: null,
  };
  room.members += 1;
  rows.stays.set(memberKey(stay.room_id, stay.user_id), stay);
  rows.changedStays.add(stay);
}

function leave(rows: ConversationRows, room: RoomRow, event: PlacedEvent): void {
  const stay = openStay(rows, event);
  if (!stay) return;
  endStay(rows, room, stay, event);
  room.members = Math.max(0, room.members - 1);
}

function endStay(rows: ConversationRows, room: RoomRow, stay: StayRow, { n, at }: PlacedEvent): void {
  stay.left_n = n;
  stay.left_ordinal = room.ordinal;
  stay.left_at = at;
  rows.changedStays.add(stay);
}

/** Ends every stay: those in memory here, those in the table by one statement (`save`). */
function deleteRoom(rows: ConversationRows, room: RoomRow, event: PlacedEvent): void {
  room.deleted_n = event.n;
  room.members = 0;
  for (const stay of rows.stays.values()) if (stay.room_id === room.room_id && stay.left_n === null) endStay(rows, room, stay, event);
  rows.deletedRooms.set(room.room_id, event.at);
}

function noteOf(room: RoomRow, { roomId, n, seq, at, type, by, data, content }: PlacedEvent) {
  const text = type === roomRenamed.type ? textOf(content, 'name') : type === roomTopicSet.type ? textOf(content, 'topic') : null;
  return {
    room_id: roomId, n, seq, at, type, by, user_id: (data['userId'] as string | undefined) ?? null, role: (data['role'] as string | undefined) ?? null,
    text, after_ordinal: room.ordinal,
  };
}

/** A text of an event's content; null when it has none or was erased. */
export function textOf(content: OpenedEvent['content'], field: string): string | null {
  const text = content?.[field];
  return typeof text === 'string' ? text : null;
}
