import type { StoredEvent } from '@parley/contracts/envelope/commit';
import type { HistoryRule, MemberRole } from '@parley/contracts/rooms/events';
import { deciders } from '@parley/command-service/deciders';
import fc from 'fast-check';
import type { Point } from '../log/point.ts';
import { RoomFold, type RoomCommit } from './room-fold.ts';

/** People, ids and events that specs about rooms talk in. */
export const uuid = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const [ann, bob, cem, dee] = [uuid(1), uuid(2), uuid(3), uuid(4)] as const;
export const people = [ann, bob, cem, dee] as const;

export type Happened = { readonly type: string; readonly by: string; readonly data: Record<string, unknown>; readonly sealed?: true };

export const created = (by: string, history: HistoryRule = 'all', kind = 'public'): Happened => ({ type: 'room.created', by, data: { kind, history, createdBy: by }, sealed: true });
export const joined = (by: string, role: MemberRole = 'member'): Happened => ({ type: 'room.member-joined', by, data: { userId: by, role } });
export const left = (by: string): Happened => ({ type: 'room.member-left', by, data: { userId: by } });
export const removed = (userId: string, by = ann): Happened => ({ type: 'room.member-removed', by, data: { userId } });
export const promoted = (userId: string, role: MemberRole, by = ann): Happened => ({ type: 'room.member-role-changed', by, data: { userId, role } });
export const renamed = (by = ann): Happened => ({ type: 'room.renamed', by, data: {}, sealed: true });
export const topicSet = (by = ann): Happened => ({ type: 'room.topic-set', by, data: {}, sealed: true });
export const archived = (by = ann): Happened => ({ type: 'room.archived', by, data: {} });
export const deleted = (by = ann): Happened => ({ type: 'room.deleted', by, data: {} });
/** The ordinal is filled in. */
export const posted = (by: string, messageId: string): Happened => ({ type: 'message.posted', by, data: { messageId, author: by, hasLink: false, mentions: [] }, sealed: true });
export const edited = (targetN: number, messageId: string, by = ann): Happened => ({ type: 'message.edited', by, data: { messageId, targetN, hasLink: false, mentions: [] }, sealed: true });
export const redacted = (targetN: number, messageId: string, by = ann): Happened => ({ type: 'message.redacted', by, data: { messageId, targetN } });
export const pinned = (targetN: number, messageId: string, by = ann): Happened => ({ type: 'message.pinned', by, data: { messageId, targetN } });
export const reacted = (targetN: number, messageId: string, emoji: string, by = ann): Happened => ({ type: 'message.reacted', by, data: { messageId, targetN, emoji } });
export const unreacted = (targetN: number, messageId: string, emoji: string, by = ann): Happened => ({ type: 'message.unreacted', by, data: { messageId, targetN, emoji } });

/** Event n happens n minutes after midnight. */
export const timeOf = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();

/** One commit per event. */
export function commitsOf(happened: readonly Happened[]): RoomCommit[] {
  let ordinal = 0;
  return happened.map(({ type, by, data, sealed }, index) => {
    const facts = type === 'message.posted' ? { ordinal: (ordinal += 1), ...data } : data;
    const event: StoredEvent = { type, v: 1, commandId: uuid(9_000 + index), by, data: facts, ...(sealed && { sealed: { k: 'r', c: '' } }) };
    return { seq: index + 1, id: 'kitchen', n: index + 1, at: timeOf(index + 1), events: [event] };
  });
}

/** Folds a room's history up to a point. */
export function given(happened: readonly Happened[], until?: Point): RoomFold {
  const fold = new RoomFold(until);
  for (const commit of commitsOf(happened)) fold.take(commit);
  return fold;
}

type Wish = { readonly by: string; readonly type: string; readonly userId: string; readonly pick: number; readonly role: string; readonly emoji: string };
const room = deciders.room as unknown as {
  initial: unknown;
  decide(state: unknown, command: unknown): { accepted?: readonly { type: string; data: Record<string, unknown> }[] };
  evolve(state: unknown, event: unknown, place: object): unknown;
};
const wish = fc.record({
  by: fc.constantFrom(...people), userId: fc.constantFrom(...people), pick: fc.nat(1_000), role: fc.constantFrom('owner', 'moderator', 'member', 'guest'), emoji: fc.constantFrom('👍', '🎉'),
  type: fc.constantFrom(
    'post-message', 'post-message', 'post-message', 'post-message', 'edit-message', 'redact-message', 'react', 'unreact', 'pin-message', 'unpin-message', 'join-room', 'join-room', 'join-room',
    'leave-room', 'leave-room', 'remove-member', 'invite-member', 'change-member-role', 'rename-room', 'set-room-topic', 'archive-room', 'unarchive-room', 'unarchive-room', 'delete-room',
  ),
});

/** Random histories: whatever the room's own rules accept of what four people wish. Deletion comes last, if at all. */
export const histories: fc.Arbitrary<readonly Happened[]> = fc
  .tuple(fc.constantFrom<HistoryRule>('all', 'since-join'), fc.constantFrom('public', 'group', 'private'), fc.array(wish, { minLength: 10, maxLength: 80 }))
  .map(([history, kind, wishes]) => lived(history, kind, wishes));

function lived(history: HistoryRule, kind: string, wishes: readonly Wish[]): Happened[] {
  let state = room.initial;
  const happened: Happened[] = [];
  const messages: { messageId: string; n: number; author: string }[] = [];
  const decide = (by: string, command: Record<string, unknown>): void => {
    const id = uuid(10_000 + happened.length);
    for (const { type, data } of room.decide(state, { id, caller: { userId: by, kind: 'user' }, roomId: 'kitchen', ...command }).accepted ?? []) {
      const n = happened.length + 1;
      state = room.evolve(state, { type, data }, { n, by, at: timeOf(n), commandId: id });
      if (type === 'message.posted') messages.push({ messageId: data['messageId'] as string, n, author: by });
      happened.push({ type, by, data, ...(/posted|edited|created|renamed|topic/.test(type) && { sealed: true as const }) });
    }
  };
  decide(ann, { type: 'create-room', kind, history, members: [bob] });
  for (const { by, type, userId, pick, role, emoji } of wishes) {
    // Otherwise nearly every history would end at once.
    if (type === 'delete-room' && pick > 300) continue;
    const target = messages[pick % Math.max(1, messages.length)];
    if (/edit|redact|react|pin/.test(type) && !target) continue;
    decide(type === 'edit-message' || type === 'redact-message' ? (target?.author ?? by) : by, { type, userId, role, emoji, ...(target && { target }), hasLink: false, mentions: [] });
  }
  return happened;
}
