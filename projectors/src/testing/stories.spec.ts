import type { MessageId, RoomId, UserId } from '@parley/contracts/ids';
import { deciders } from '@parley/command-service/deciders';
import { randomOf } from '@parley/tests/harness/random';
import { type Said, uuidv7, type World } from './world.spec.ts';

export const person = (number: number): UserId => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}` as UserId;

type Decider = { initial: unknown; decide: (state: unknown, command: unknown) => { accepted?: readonly { type: string; data: Record<string, unknown> }[] }; evolve: (state: unknown, event: unknown, place: object) => unknown };
const room = deciders.room as unknown as Decider;

const texts = ['hello', '안녕하세요 여러분', 'see https://example.com', '👩‍👩‍👧 emoji', 'a "quoted" \\ text\nwith lines', '한글과 English'];
const emojis = ['👍', '❤️', '🎉', 'ㅋㅋ'];

/** One room that people do random things in; whatever its decider accepts becomes commits of 1 to 8 commands. */
export class Story {
  readonly roomId: RoomId;
  readonly #world: World;
  readonly #random: () => number;
  #state = room.initial;
  #messages: { messageId: MessageId; n: number; author: UserId }[] = [];

  constructor(world: World, roomId: string, seed: number) {
    this.#world = world;
    this.roomId = roomId as RoomId;
    this.#random = randomOf(seed);
  }

  /** Lives through `commits` more commits. */
  async go(commits: number, mayDelete = false): Promise<void> {
    const aggregate = { kind: 'room', id: this.roomId } as const;
    for (let count = 0; count < commits; count += 1) {
      const { n } = this.#world.head(aggregate);
      const said: Said[] = n === 0 ? this.#decide({ type: 'create-room', kind: this.#pick(['group', 'public', 'private']), history: this.#pick(['all', 'since-join']), members: [person(2), person(3)] }, person(1), n) : [];
      for (let tries = 1 + Math.floor(this.#random() * 8); n > 0 && tries > 0; tries -= 1) {
        const [command, by] = this.#wish(mayDelete);
        said.push(...this.#decide(command, by, n + said.length));
      }
      if (said.length > 0) await this.#world.append(aggregate, said.slice(0, 128));
    }
  }

  #decide(command: Record<string, unknown>, by: UserId, afterN: number): Said[] {
    const id = uuidv7();
    const decision = room.decide(this.#state, { id, caller: { userId: by, kind: 'user' }, roomId: this.roomId, ...command });
    return (decision.accepted ?? []).map((event, index) => {
      const place = { n: afterN + index + 1, by, at: new Date().toISOString(), commandId: id };
      this.#state = room.evolve(this.#state, event, place);
      if (event.type === 'message.posted') this.#messages.push({ messageId: event.data['messageId'] as MessageId, n: place.n, author: event.data['author'] as UserId });
      const content = this.#contentOf(event.type);
      return { type: event.type, by, data: JSON.parse(JSON.stringify(event.data)) as Record<string, unknown>, commandId: id, ...(content && { content }) };
    });
  }

  #contentOf(type: string): Record<string, unknown> | undefined {
    if (type === 'message.posted' || type === 'message.edited') return { text: this.#pick(texts) };
    if (type === 'room.renamed') return { name: this.#pick(['kitchen', '부엌', 'lab']) };
    if (type === 'room.topic-set') return { topic: this.#pick(['', 'food', '점심']) };
    if (type === 'room.created') return { name: 'a room' };
    return undefined;
  }

  #wish(mayDelete: boolean): [Record<string, unknown>, UserId] {
    const by = person(1 + Math.floor(this.#random() * 6));
    const target = this.#messages.length === 0 ? undefined : this.#pick(this.#messages);
    const userId = person(1 + Math.floor(this.#random() * 6));
    const facts = { hasLink: this.#random() < 0.2, mentions: this.#random() < 0.3 ? [userId] : [] };
    const dice = this.#random();
    if (!target || dice < 0.4) return [{ type: 'post-message', ...facts, ...(target && dice < 0.1 && { replyTo: { messageId: target.messageId, n: target.n } }) }, by];
    if (dice < 0.5) return [{ type: 'edit-message', target, ...facts }, target.author];
    if (dice < 0.54) return [{ type: 'redact-message', target }, target.author];
    if (dice < 0.66) return [{ type: 'react', target, emoji: this.#pick(emojis) }, by];
    if (dice < 0.74) return [{ type: 'unreact', target, emoji: this.#pick(emojis) }, by];
    if (dice < 0.78) return [{ type: this.#pick(['pin-message', 'unpin-message']), target }, person(1)];
    if (dice < 0.84) return [{ type: this.#pick(['join-room', 'leave-room']) }, by];
    if (dice < 0.88) return [{ type: 'invite-member', userId, role: this.#pick(['member', 'guest', 'moderator']) }, person(1)];
    if (dice < 0.91) return [{ type: 'remove-member', userId }, person(1)];
    if (dice < 0.94) return [{ type: 'change-member-role', userId, role: this.#pick(['member', 'moderator', 'owner']) }, person(1)];
    if (dice < 0.97) return [{ type: this.#pick(['rename-room', 'set-room-topic']) }, person(1)];
    if (dice < 0.99 || !mayDelete) return [{ type: this.#pick(['archive-room', ...Array.from({ length: 9 }, () => 'unarchive-room')]) }, person(1)];
    return [{ type: 'delete-room' }, person(1)];
  }

  #pick<T>(list: readonly T[]): T {
    const picked = list.at(Math.floor(this.#random() * list.length));
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  }
}
