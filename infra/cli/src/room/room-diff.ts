import type { PastMember, PastRoom } from './past-room.ts';

export type ReactionChange = { readonly n: number; readonly emoji: string; readonly added: readonly string[]; readonly removed: readonly string[] };

/** What changed in a room between two events. Names and topics are numbers of the events that hold them; messages are named by theirs. */
export type RoomDiff = {
  readonly fromN: number; readonly toN: number;
  readonly name: { readonly from: number | null; readonly to: number | null } | null;
  readonly topic: { readonly from: number | null; readonly to: number | null } | null;
  readonly state: { readonly from: string; readonly to: string } | null;
  /** Stays that began and that ended; who left and came back is in both. */
  readonly joined: readonly PastMember[]; readonly left: readonly PastMember[];
  readonly roles: readonly { readonly userId: string; readonly from: string; readonly to: string }[];
  readonly posted: readonly number[]; readonly edited: readonly number[]; readonly redacted: readonly number[];
  readonly pinned: readonly number[]; readonly unpinned: readonly number[];
  readonly reactions: readonly ReactionChange[];
};

/** Compares a room with itself at a later event; both with all their messages. */
export function diffRooms(before: PastRoom, after: PastRoom): RoomDiff {
  const was = new Map(before.messages.map((message) => [message.n, message]));
  const stay = ({ userId, joinedN }: PastMember): string => `${userId} ${joinedN}`;
  const [staysBefore, staysAfter] = [new Map(before.members.map((member) => [stay(member), member])), new Map(after.members.map((member) => [stay(member), member]))];
  const changed = <T>(from: T, to: T): { from: T; to: T } | null => (from === to ? null : { from, to });
  return {
    fromN: before.n, toN: after.n,
    name: changed(before.nameN, after.nameN), topic: changed(before.topicN, after.topicN), state: changed<string>(before.state, after.state),
    joined: after.members.filter((member) => !staysBefore.has(stay(member))), left: before.members.filter((member) => !staysAfter.has(stay(member))),
    roles: after.members.flatMap((member) => {
      const role = staysBefore.get(stay(member))?.role;
      return role === undefined || role === member.role ? [] : [{ userId: member.userId, from: role, to: member.role }];
    }),
    posted: after.messages.filter(({ n }) => !was.has(n)).map(({ n }) => n),
    edited: after.messages.filter(({ n, textN, state }) => was.has(n) && state === 'shown' && was.get(n)?.textN !== textN).map(({ n }) => n),
    redacted: after.messages.filter(({ n, state }) => state === 'redacted' && was.get(n)?.state !== 'redacted').map(({ n }) => n),
    pinned: after.pins.filter((n) => !before.pins.includes(n)), unpinned: before.pins.filter((n) => !after.pins.includes(n)),
    reactions: after.messages.flatMap(({ n, reactions }) => {
      const [from, to] = [peopleByEmoji(was.get(n)?.reactions ?? []), peopleByEmoji(reactions)];
      return [...new Set([...from.keys(), ...to.keys()])].flatMap((emoji) => {
        const [old, now] = [from.get(emoji) ?? [], to.get(emoji) ?? []];
        const change = { n, emoji, added: now.filter((user) => !old.includes(user)), removed: old.filter((user) => !now.includes(user)) };
        return change.added.length + change.removed.length > 0 ? [change] : [];
      });
    }),
  };
}

const peopleByEmoji = (reactions: PastRoom['messages'][number]['reactions']): Map<string, readonly string[]> => new Map(reactions.map(({ emoji, users }) => [emoji, users]));
