import type { MessageId } from '@parley/contracts/ids';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesOf } from '../keyed.ts';
import type { PreparedRoomCommand } from './prepared.ts';
import { roomDecider } from './room.decider.ts';
import { ann, bob, cem, dee, guest, operator, person, roomId, uuid } from './room.examples.spec.ts';
import type { RoomState } from './room.state.ts';

const people = [ann, bob, cem, dee];
const target = { messageId: uuid(500) as MessageId, n: 4, author: bob };
const facts = { hasLink: false, mentions: [] };
const userId = fc.constantFrom(...people);
const caller = fc.oneof({ weight: 8, arbitrary: userId.map(person) }, { weight: 2, arbitrary: userId.map(guest) }, { weight: 1, arbitrary: fc.constant(operator) });

const body = fc.oneof(
  fc.record({ type: fc.constant('create-room'), kind: fc.constantFrom('group', 'public', 'private'), history: fc.constant('all'), members: fc.array(userId, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('create-direct-room'), with: userId }),
  fc.record({ type: fc.constantFrom('rename-room', 'set-room-topic', 'archive-room', 'unarchive-room', 'join-room', 'join-room', 'leave-room', 'leave-room') }),
  fc.record({ type: fc.constant('invite-member'), userId, role: fc.constantFrom('moderator', 'member', 'guest') }),
  fc.record({ type: fc.constant('remove-member'), userId }),
  fc.record({ type: fc.constant('change-member-role'), userId, role: fc.constantFrom('owner', 'moderator', 'member', 'guest') }),
  fc.constant({ type: 'post-message', ...facts }),
  fc.constant({ type: 'edit-message', target, ...facts }),
  fc.record({ type: fc.constantFrom('redact-message', 'pin-message', 'unpin-message'), target: fc.constant(target) }),
  fc.record({ type: fc.constantFrom('react', 'unreact'), target: fc.constant(target), emoji: fc.constant('👍') }),
  fc.record({
    type: fc.constant('import-messages'), source: fc.constantFrom('a', 'b'),
    lines: fc.integer({ min: 0, max: 30 }).map((line) => [{ line, messageId: uuid(700 + line), author: dee, sentAt: '2004-07-05T10:00:00Z', ...facts }]),
  }),
);
const command = fc.tuple(caller, body, fc.nat(1_000_000)).map(([asking, fields, id]) => ({ id: uuid(id), caller: asking, roomId, ...fields }) as unknown as PreparedRoomCommand);
/** Most stories begin with a room of Ann's, so that they come to something. */
const beginning = fc.constantFrom('public', 'private', 'group', 'direct').map((kind) => {
  const fields = kind === 'direct' ? { type: 'create-direct-room', with: bob } : { type: 'create-room', kind, history: 'all', members: [] };
  return { id: uuid(1), caller: person(ann), roomId, ...fields } as unknown as PreparedRoomCommand;
});
const story = fc.oneof(
  { weight: 1, arbitrary: fc.array(command, { maxLength: 150 }) },
  { weight: 9, arbitrary: fc.tuple(beginning, fc.array(command, { minLength: 50, maxLength: 150 })).map(([first, rest]) => [first, ...rest]) },
);

/** Lives through a story and hands each step to `check`; deletion is left out so that stories go on. */
function live(commands: readonly PreparedRoomCommand[], check: (state: RoomState) => void): number[] {
  let state = roomDecider.initial;
  let n = 0;
  const ordinals: number[] = [];
  for (const wish of commands) {
    const frozen = JSON.stringify(state);
    const decision = roomDecider.decide(state, wish);
    if (!('accepted' in decision)) continue;
    for (const event of decision.accepted) {
      n += 1;
      if (event.type === 'message.posted') ordinals.push(event.data.ordinal);
      const before = state;
      state = roomDecider.evolve(state, event, { n, by: wish.caller.userId, at: '2026-01-01T00:00:00.000Z', commandId: wish.id });
      if (before !== state && decision.accepted[0] === event) expect(JSON.stringify(before)).toBe(frozen);
    }
    check(state);
  }
  return ordinals;
}

test('whatever people do, a room with members has an owner, unless it is a direct room', () => {
  fc.assert(
    fc.property(story, (commands) => {
      live(commands, (state) => {
        if (state.phase !== 'open' && state.phase !== 'archived') return;
        const owners = [...entriesOf(state.members)].filter(([, { role }]) => role === 'owner').length;
        expect(state.owners).toBe(owners);
        if (state.kind === 'direct') expect(state.members.size).toBeLessThanOrEqual(2);
        else if (state.members.size > 0) expect(owners).toBeGreaterThan(0);
      });
    }),
    { numRuns: 300 },
  );
});

test('a room’s messages are numbered 1, 2, 3 … whether said or imported', () => {
  fc.assert(
    fc.property(story, (commands) => {
      const ordinals = live(commands, () => {});
      expect(ordinals).toEqual(ordinals.map((_, index) => index + 1));
    }),
    { numRuns: 200 },
  );
});
