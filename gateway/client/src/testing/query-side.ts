import type { HistoryPage } from '../actions.ts';
import type { MemberView, MessageView, MyRoomView, NoteView } from '@parley/contracts/queries/views';
import type { CommitFrame, FrameEvent } from '@parley/contracts/realtime/frames';

/** A read model for specs: keeps the raw log and computes every view from event 1 each time it is asked, with none of the reducer's code. */
export type Marked = { readonly roomId: string; readonly n: number };
type Placed = FrameEvent & { readonly at: string; readonly seq: number };

export class QuerySide {
  readonly roomId: string;
  readonly commits: readonly CommitFrame[];

  constructor(roomId: string, commits: readonly CommitFrame[]) {
    this.roomId = roomId;
    this.commits = commits;
  }

  /** Events of the first `position` commits. */
  events(position: number): Placed[] {
    return this.commits.slice(0, position).flatMap(({ events, at, seq }) => events.map((event) => ({ ...event, at, seq })));
  }

  messages(position: number): MessageView[] {
    const events = this.events(position);
    return events.filter(({ type }) => type === 'message.posted').map((posted) => this.#message(posted, events)) as unknown as MessageView[];
  }

  #message(posted: Placed, events: readonly Placed[]): unknown {
    const about = events.filter(({ type, data }) => type.startsWith('message.') && data['targetN'] === posted.n);
    const redacted = about.some(({ type }) => type === 'message.redacted');
    const redactedN = about.find(({ type }) => type === 'message.redacted')?.n ?? Infinity;
    const edits = about.filter(({ type, n }) => type === 'message.edited' && n < redactedN);
    const last = edits.at(-1) ?? posted;
    const text = redacted ? null : ((last.content?.['text'] as string | undefined) ?? null);
    const pin = about.filter(({ type }) => type === 'message.pinned' || type === 'message.unpinned' || type === 'message.redacted').at(-1);
    return {
      roomId: this.roomId, messageId: posted.data['messageId'], n: posted.n, seq: posted.seq, ordinal: events.filter(({ type, n }) => type === 'message.posted' && n <= posted.n).length,
      author: posted.data['author'], at: posted.at, sentAt: posted.data['sentAt'] ?? null,
      state: redacted ? 'redacted' : text === null ? 'erased' : 'shown', text,
      revision: about.at(-1)?.n ?? posted.n, editedAt: edits.at(-1)?.at ?? null, replyTo: posted.data['replyTo'] ?? null,
      hasLink: redacted ? false : last.data['hasLink'], mentions: redacted ? [] : last.data['mentions'],
      reactions: reactionsOf(about), pinned: pin?.type === 'message.pinned',
    };
  }

  notes(position: number): NoteView[] {
    const events = this.events(position);
    return events.filter(({ type }) => type.startsWith('room.')).map(({ n, at, type, by, data, content }) => ({
      roomId: this.roomId, n, at, type, by, userId: data['userId'] ?? null, role: data['role'] ?? null,
      text: type === 'room.renamed' ? content?.['name'] : type === 'room.topic-set' ? content?.['topic'] : null,
      afterOrdinal: events.filter((event) => event.type === 'message.posted' && event.n < n).length,
    })) as unknown as NoteView[];
  }

  members(position: number): MemberView[] {
    const events = this.events(position);
    const joins = events.filter(({ type }) => type === 'room.member-joined');
    return joins.flatMap((join) => {
      const later = events.filter(({ n, data }) => n > join.n && data['userId'] === join.data['userId']);
      if (later.some(({ type }) => type === 'room.member-left' || type === 'room.member-removed')) return [];
      const role = later.filter(({ type }) => type === 'room.member-role-changed').at(-1)?.data['role'] ?? join.data['role'];
      return [{ userId: join.data['userId'], role, joinedAt: join.at, joinedN: join.n }];
    }) as unknown as MemberView[];
  }

  /** What `my-rooms` says to `me`, whose marker is at `marker`. */
  room(position: number, me: string, marker: number): MyRoomView {
    const events = this.events(position);
    const created = events[0]!;
    const messages = this.messages(position);
    const members = this.members(position);
    const mine = members.find(({ userId }) => userId === me)!;
    const latest = (type: string) => events.filter((event) => event.type === type).at(-1);
    const unread = messages.filter(({ n, author, state }) => n > marker && author !== me && state !== 'redacted');
    return {
      roomId: this.roomId, kind: created.data['kind'], history: created.data['history'],
      name: latest('room.renamed')?.content?.['name'] ?? created.content?.['name'] ?? null,
      topic: (latest('room.topic-set') ? latest('room.topic-set')?.content?.['topic'] : created.content?.['topic']) || null,
      createdBy: created.data['createdBy'], createdAt: created.at,
      archived: (latest('room.archived')?.n ?? 0) > (latest('room.unarchived')?.n ?? 0),
      members: members.length, n: events.length, ordinal: messages.length, role: mine.role, joinedN: mine.joinedN, firstOrdinal: 1,
      unread: unread.length, mentions: unread.filter(({ mentions }) => (mentions as string[]).includes(me)).length, marker,
      last: messages.at(-1) ?? null, partner: null,
    } as unknown as MyRoomView;
  }

  /** A page of history: ordinals above `since`. */
  history(position: number, since: number, limit: number): HistoryPage {
    const messages = this.messages(position);
    const page = messages.slice(since, since + limit);
    const notes = this.notes(position).filter(({ afterOrdinal }) => afterOrdinal >= since && afterOrdinal <= since + limit);
    return { messages: page, notes, n: this.events(position).length, ordinal: messages.length, firstOrdinal: 1 };
  }
}

function reactionsOf(about: readonly Placed[]): { emoji: string; users: string[] }[] {
  let present: { emoji: string; by: string; n: number; since: number }[] = [];
  for (const { type, data, by, n } of about) {
    const emoji = String(data['emoji']);
    const group = present.filter((reaction) => reaction.emoji === emoji);
    if (type === 'message.unreacted') present = present.filter((reaction) => reaction.emoji !== emoji || reaction.by !== by);
    else if (type === 'message.reacted' && !group.some((reaction) => reaction.by === by)) present.push({ emoji, by, n, since: group[0]?.since ?? n });
  }
  const emojis = [...new Map(present.toSorted((a, b) => a.since - b.since).map(({ emoji }) => [emoji, true])).keys()];
  return emojis.map((emoji) => ({ emoji, users: present.filter((reaction) => reaction.emoji === emoji).toSorted((a, b) => a.n - b.n).map(({ by }) => by) }));
}
