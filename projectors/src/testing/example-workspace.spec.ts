import { eventStreams, streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { encodeCursor } from '@parley/contracts/realtime/cursor';
import { person } from './stories.spec.ts';
import type { Said, World } from './world.spec.ts';

/** People of the example, by the order in which they came. */
export const [ann, bob, cem, dee, eun, fay] = [person(1), person(2), person(3), person(4), person(5), person(6)] as const;

const messageId = (number: number): string => `01950000-0000-7000-8000-${String(number).padStart(12, '0')}`;
let messages = 0;

type Posting = { readonly reply?: number; readonly hasLink?: boolean; readonly mentions?: readonly string[]; readonly sentAt?: string; readonly line?: number };

/** Tells one room's story, commit by commit, at moments of its own choosing. */
class Told {
  readonly #world: World;
  readonly #room: { readonly kind: 'room'; readonly id: string };
  readonly #ids = new Map<number, string>();
  #ordinal = 0;

  constructor(world: World, id: string) {
    this.#world = world;
    this.#room = { kind: 'room', id };
  }

  async event(at: string, by: string, type: string, data: Record<string, unknown> = {}, content?: Record<string, unknown>): Promise<number> {
    await this.#world.append(this.#room, [{ type, by, data, ...(content && { content }) }], `${at.replace(' ', 'T')}:00.000Z`);
    return this.#world.head(this.#room).n;
  }

  /** Makes the room in one commit: its maker is its owner, the others are members. */
  async made(at: string, by: string, data: Record<string, unknown>, content: Record<string, unknown>, others: readonly string[] = []): Promise<void> {
    const joined = (userId: string, role: string): Said => ({ type: 'room.member-joined', by, data: { userId, role } });
    const said = [{ type: 'room.created', by, data: { history: 'all', createdBy: by, ...data }, content }, joined(by, 'owner'), ...others.map((userId) => joined(userId, 'member'))];
    await this.#world.append(this.#room, said, `${at.replace(' ', 'T')}:00.000Z`);
  }

  joined = (at: string, userId: string, role = 'member') => this.event(at, userId, 'room.member-joined', { userId, role });

  async said(at: string, author: string, text: string, { reply, hasLink = false, mentions = [], sentAt, line }: Posting = {}): Promise<number> {
    messages += 1;
    const id = messageId(messages);
    this.#ordinal += 1;
    const n = await this.event(at, author, 'message.posted', {
      messageId: id, author, ordinal: this.#ordinal, hasLink, mentions, ...(reply !== undefined && { replyTo: { messageId: this.#ids.get(reply), n: reply } }),
      ...(sentAt !== undefined && { sentAt, source: { name: 'irc', line } }),
    }, { text });
    this.#ids.set(n, id);
    return n;
  }

  about = (at: string, by: string, type: string, targetN: number, more: Record<string, unknown> = {}, content?: Record<string, unknown>) =>
    this.event(at, by, type, { messageId: this.#ids.get(targetN), targetN, ...more }, content);
}

/**
 * A small workspace whose every moment is fixed, so that the answers of infra/docs/analysts.md can be printed there:
 * four weeks of March 2026 in a kitchen, a lab, a direct room, an imported archive, and a room that was closed.
 */
export async function tellExample(world: World): Promise<{ readonly cursorOfMidMarch: string }> {
  messages = 0;
  for (const [index, name] of ['Ann', 'Bob', 'Cem', 'Dee', '은주'].entries()) {
    const userId = [ann, bob, cem, dee, eun][index]!;
    const claimId = `${'claim'.repeat(8)}${String(index).padStart(3, '0')}`;
    await world.append({ kind: 'user', id: userId }, [
      { type: 'user.registration-started', by: userId, data: { claimId }, content: { name } }, { type: 'user.registered', by: 'system', data: { claimId } },
    ], '2026-03-01T08:00:00.000Z');
  }
  await world.append({ kind: 'user', id: fay }, [{ type: 'user.guest-registered', by: 'system', data: { number: 1 } }], '2026-03-09T08:00:00.000Z');
  await tellKitchen(world);
  await tellLab(world);
  await tellTheRest(world);
  // Before the kitchen's last weeks: what is asked as of here gives the same answer for ever.
  const cursorOfMidMarch = await cursorNow(world);
  await tellKitchensLastWeeks();
  await tellReading(world);
  await tellUse(world);
  return { cursorOfMidMarch };
}

let kitchen: Told;

async function tellKitchen(world: World): Promise<void> {
  kitchen = new Told(world, 'kitchen');
  await kitchen.made('2026-03-02 09:00', ann, { kind: 'public' }, { name: 'kitchen', topic: 'food' }, [bob, cem]);
  const lunch = await kitchen.said('2026-03-02 09:05', ann, 'Where do we eat today?', { mentions: [bob, cem] });
  await kitchen.said('2026-03-02 09:06', bob, 'The usual place?', { reply: lunch });
  const menu = await kitchen.said('2026-03-02 09:10', cem, 'Their menu: https://example.com/menu', { hasLink: true });
  await kitchen.said('2026-03-02 09:11', cem, 'It has soup.', { reply: menu });
  await kitchen.about('2026-03-02 09:12', ann, 'message.reacted', menu, { emoji: '👍' });
  await kitchen.about('2026-03-02 09:12', bob, 'message.reacted', menu, { emoji: '👍' });
  await kitchen.about('2026-03-02 09:13', cem, 'message.reacted', lunch, { emoji: '🎉' });
  await kitchen.said('2026-03-03 12:30', bob, 'That was good.', { mentions: [cem] });
  await kitchen.joined('2026-03-04 10:00', dee);
  await kitchen.said('2026-03-04 10:10', dee, '안녕하세요, 점심 같이 먹어요', { mentions: [ann] });
  await kitchen.said('2026-03-04 10:40', ann, 'Welcome!');
  const rude = await kitchen.said('2026-03-04 17:00', cem, 'something rude');
  await kitchen.about('2026-03-04 17:20', ann, 'message.redacted', rude);
  const typo = await kitchen.said('2026-03-04 17:30', cem, 'Sorri.');
  await kitchen.about('2026-03-04 17:31', cem, 'message.edited', typo, { hasLink: false, mentions: [] }, { text: 'Sorry.' });
  await kitchen.event('2026-03-05 09:00', ann, 'room.member-role-changed', { userId: bob, role: 'moderator' });
  await kitchen.joined('2026-03-09 09:00', fay, 'guest');
  await kitchen.said('2026-03-09 09:30', fay, 'hello');
  await kitchen.said('2026-03-09 09:31', bob, 'Hi there');
}

async function tellLab(world: World): Promise<void> {
  const lab = new Told(world, 'lab');
  await lab.made('2026-03-03 08:00', bob, { kind: 'private', history: 'since-join' }, { name: 'lab' }, [eun]);
  const plan = await lab.said('2026-03-03 08:30', bob, 'The plan', { mentions: [eun] });
  const answer = await lab.said('2026-03-03 09:30', eun, '좋아요', { reply: plan });
  await lab.said('2026-03-03 09:35', bob, 'Then we begin', { reply: answer });
  await lab.joined('2026-03-10 08:00', cem);
  await lab.said('2026-03-10 08:10', cem, 'I am here');
  await lab.event('2026-03-11 08:00', bob, 'room.member-removed', { userId: cem });
  await lab.said('2026-03-11 08:05', eun, '조용하네요');
}

async function tellKitchensLastWeeks(): Promise<void> {
  await kitchen.said('2026-03-16 12:00', ann, 'Soup again', { mentions: [bob] });
  await kitchen.said('2026-03-16 12:02', bob, 'Coming');
  const spam = await kitchen.said('2026-03-17 09:00', fay, 'buy this https://example.com/spam', { hasLink: true });
  await kitchen.about('2026-03-17 09:01', bob, 'message.redacted', spam);
  await kitchen.event('2026-03-17 09:02', bob, 'room.member-removed', { userId: fay });
  await kitchen.event('2026-03-20 18:00', dee, 'room.member-left', { userId: dee });
  await kitchen.said('2026-03-23 12:00', cem, '수프!');
}

async function tellTheRest(world: World): Promise<void> {
  const direct = new Told(world, 'ann-and-bob');
  await direct.made('2026-03-05 20:00', ann, { kind: 'direct' }, {}, [bob]);
  await direct.said('2026-03-05 20:01', ann, 'between us');
  const archive = new Told(world, 'archive');
  await archive.made('2026-03-12 07:00', ann, { kind: 'public' }, { name: 'archive' });
  const old = await archive.said('2026-03-12 07:01', cem, 'is there a doc?', { sentAt: '2004-11-15T09:00:00Z', line: 1 });
  await archive.said('2026-03-12 07:01', dee, 'yes', { sentAt: '2004-11-15T09:02:00Z', line: 2, reply: old });
  await archive.said('2026-03-12 07:01', cem, 'thanks', { sentAt: '2005-01-01T00:00:10Z', line: 3 });
  const closed = new Told(world, 'closed');
  await closed.made('2026-03-01 09:00', dee, { kind: 'public' }, { name: 'closed' }, [ann]);
  await closed.said('2026-03-01 09:01', dee, 'the only word');
  await closed.event('2026-03-06 09:00', dee, 'room.archived');
  await closed.event('2026-03-13 09:00', dee, 'room.deleted');
}

async function tellReading(world: World): Promise<void> {
  await world.append({ kind: 'reader', id: bob }, [{ type: 'reader.marked', by: bob, data: { roomId: 'kitchen', n: 20 } }], '2026-03-16T12:01:00.000Z');
  await world.append({ kind: 'reader', id: cem }, [{ type: 'reader.marked', by: cem, data: { roomId: 'kitchen', n: 34 } }], '2026-03-23T12:01:00.000Z');
}

/** What services note of their own use, for two hours of one morning and two gateways. */
async function tellUse({ sql }: World): Promise<void> {
  const counts = (...few: readonly (readonly [bucket: number, count: number])[]): number[] => Array.from({ length: 17 }, (_, index) => few.find(([bucket]) => bucket === index)?.[1] ?? 0);
  const use = (hour: number, outcome: string, empty: number, of: number[]) => ({ hour: `2026-03-02T${String(hour).padStart(2, '0')}:00:00Z`, question: 'search', outcome, asked: of.reduce((a, b) => a + b), empty, counts: of });
  const delivery = (minute: string, gateway: string, of: number[]) => ({ minute: `2026-03-02T${minute}:00Z`, gateway, frames: of.reduce((a, b) => a + b), counts: of });
  const rows = {
    use: [use(9, 'ok', 2, counts([5, 8], [7, 2])), use(9, 'unavailable', 0, counts([9, 1])), use(10, 'ok', 0, counts([5, 4]))],
    delivery: [delivery('09:00', 'gateway-0', counts([2, 50], [4, 49], [8, 1])), delivery('09:00', 'gateway-1', counts([2, 100])), delivery('09:01', 'gateway-0', counts([3, 10]))],
  };
  await sql`insert into ops.query_use (hour, question, outcome, asked, empty, counts)
    select * from jsonb_to_recordset(${JSON.stringify(rows.use)}::text::jsonb) as w(hour timestamptz, question text, outcome text, asked bigint, empty bigint, counts bigint[])`;
  await sql`insert into ops.delivery (minute, gateway, frames, counts)
    select * from jsonb_to_recordset(${JSON.stringify(rows.delivery)}::text::jsonb) as w(minute timestamptz, gateway text, frames bigint, counts bigint[])`;
}

/** A cursor at the end of every room's stream, as a frame would carry it now. */
async function cursorNow(world: World): Promise<string> {
  const rooms = ['kitchen', 'lab', 'closed', 'archive', 'ann-and-bob'].map((id) => ({ kind: 'room', id }) as const);
  const seqs = streamNames.map((_, index) => (index < eventStreams ? Math.max(0, ...rooms.filter(({ id }) => streamIndexOf('room', id) === index).map((room) => world.head(room).seq)) : -1));
  const [log] = await world.sql<{ epoch: string }[]>`select epoch from ops.log`;
  return encodeCursor({ epoch: log!.epoch, seqs });
}
