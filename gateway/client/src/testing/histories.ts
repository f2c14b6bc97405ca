import type { CommitFrame, FrameEvent } from '@parley/contracts/realtime/frames';
import { partitionOf } from '@parley/contracts/wire/partition';

/** One wish of somebody: numbers are taken modulo what there is, so that every random wish means something. */
export type Wish = { readonly what: (typeof wishes)[number]; readonly who: number; readonly target: number; readonly choice: number; readonly sameCommit: boolean };
export const wishes = [
  'post', 'post', 'post', 'mention', 'withheld', 'reply', 'edit', 'edit-withheld', 'redact', 'react', 'react', 'unreact', 'pin', 'unpin',
  'join', 'leave', 'remove', 'invite', 'uninvite', 'role', 'rename', 'topic', 'archive', 'unarchive',
] as const;

const person = (index: number): string => `0190a3b0-1111-7000-8000-00000000000${index}`;
/** The first is me. */
export const people = [0, 1, 2, 3, 4, 5].map(person);
export const me = people[0]!;
const emojis = ['👍', '❤', '😀'];
const roles = ['member', 'moderator', 'guest'];
const partition = partitionOf('room-a');

type Draft = Omit<FrameEvent, 'n' | 'commandId'>;
type World = { readonly posts: { readonly n: number; readonly id: string; readonly author: string; redacted: boolean }[]; readonly members: Set<string>; ordinal: number };

/** Turns wishes into a room's commits, keeping to what deciders allow: who is no member does nothing, what is redacted stays so. */
export function commitsOf(roomId: string, list: readonly Wish[]): CommitFrame[] {
  const world: World = { posts: [], members: new Set([me, people[1]!]), ordinal: 0 };
  const commits: CommitFrame[] = [];
  let n = 0;
  const commit = (drafts: readonly Draft[], sameCommit: boolean): void => {
    if (drafts.length === 0) return;
    const events = drafts.map((draft): FrameEvent => ({ ...draft, n: (n += 1), commandId: idOf(n) }));
    const last = commits.at(-1);
    // What changes who may see shares a commit with nothing; all else may.
    const alone = (event: FrameEvent | undefined): boolean => /member-(joined|left|removed)|created|deleted/.test(event?.type ?? '');
    if (sameCommit && last && !alone(events[0]) && !alone(last.events[0])) commits[commits.length - 1] = { ...last, events: [...last.events, ...events] };
    else commits.push({ type: 'commit', kind: 'room', id: roomId, seq: 10 * (commits.length + 1), n: events[0]!.n, at: instant(n), events, cursor: `c1.e.${partition}.${n}` });
  };
  commit([
    { type: 'room.created', v: 2, by: me, data: { kind: 'public', history: 'all', createdBy: me }, content: { name: 'Tea', topic: 'green' } },
    { type: 'room.member-joined', v: 1, by: me, data: { userId: me, role: 'owner' } },
    { type: 'room.member-joined', v: 1, by: me, data: { userId: people[1]!, role: 'member' } },
  ], false);
  for (const wish of list) commit(decide(world, wish, n), wish.sameCommit);
  return commits;
}

export const idOf = (n: number): string => `0190a3b0-3333-7000-8000-${String(n).padStart(12, '0')}`;
const instant = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();

function decide(world: World, wish: Wish, n: number): Draft[] {
  const members = [...world.members];
  const by = members[wish.who % members.length]!;
  if (['post', 'mention', 'withheld', 'reply'].includes(wish.what)) return [post(world, wish, by, n + 1)];
  return aboutRoom(world, wish, by) ?? aboutMessage(world, wish, by);
}

function post(world: World, { what, target, choice }: Wish, by: string, n: number): Draft {
  const before = world.posts[target % Math.max(1, world.posts.length)];
  world.ordinal += 1;
  world.posts.push({ n, id: idOf(n), author: by, redacted: false });
  return {
    type: 'message.posted', v: 2, by,
    data: { messageId: idOf(n), author: by, ordinal: world.ordinal, hasLink: choice % 2 === 0, mentions: what === 'mention' ? [me] : [], ...(what === 'reply' && before && { replyTo: { messageId: before.id, n: before.n } }) },
    content: what === 'withheld' ? null : { text: `text ${n}` },
  };
}

function aboutMessage(world: World, { what, target, choice }: Wish, by: string): Draft[] {
  const message = world.posts[target % Math.max(1, world.posts.length)];
  if (!message || message.redacted) return [];
  const place = { messageId: message.id, targetN: message.n };
  const one = (type: string, data: object = {}, more: object = {}): Draft[] => [{ type, v: 1, by, data: { ...place, ...data }, ...more }];
  switch (what) {
    case 'edit':
      return [{ ...one('message.edited', { hasLink: choice % 2 === 1, mentions: choice % 3 === 0 ? [me] : [] }, { content: { text: `edited ${choice}` } })[0]!, by: message.author }];
    case 'edit-withheld':
      return [{ ...one('message.edited', { hasLink: false, mentions: [] }, { content: null })[0]!, by: message.author }];
    case 'redact':
      message.redacted = true;
      return one('message.redacted');
    case 'react':
    case 'unreact':
      return one(`message.${what}ed`, { emoji: emojis[choice % emojis.length] });
    case 'pin':
      return one('message.pinned');
    case 'unpin':
      return one('message.unpinned');
    default:
      return [];
  }
}

/** Room events; undefined for a wish about a message. */
function aboutRoom(world: World, { what, target, choice }: Wish, by: string): Draft[] | undefined {
  const userId = people[1 + (target % (people.length - 1))]!;
  const inside = world.members.has(userId);
  const role = roles[choice % roles.length];
  const one = (type: string, data: object, content?: object): Draft[] => [{ type, v: 1, by, data: data as Draft['data'], ...(content && { content: content as Draft['content'] }) }];
  switch (what) {
    case 'join':
      if (inside) return [];
      world.members.add(userId);
      return one('room.member-joined', { userId, role });
    case 'leave':
    case 'remove':
      if (!inside) return [];
      world.members.delete(userId);
      return one(what === 'leave' ? 'room.member-left' : 'room.member-removed', { userId });
    case 'invite':
      return inside ? [] : one('room.member-invited', { userId, role });
    // Taking an invitation back is the same event as removing a member.
    case 'uninvite':
      return inside ? [] : one('room.member-removed', { userId });
    case 'role':
      return inside ? one('room.member-role-changed', { userId: choice % 5 === 0 ? me : userId, role }) : [];
    case 'rename':
      return one('room.renamed', {}, { name: `name ${choice}` });
    case 'topic':
      return one('room.topic-set', {}, { topic: choice % 3 === 0 ? '' : `topic ${choice}` });
    case 'archive':
      return one('room.archived', {});
    case 'unarchive':
      return one('room.unarchived', {});
    default:
      return undefined;
  }
}
