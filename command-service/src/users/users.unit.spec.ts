import type { ClaimId, CommandId, RoomId, UserId } from '@parley/contracts/ids';
import type { UserEvent } from '@parley/contracts/users/events';
import { specify } from '@parley/kernel/decider/specify';
import { describe, expect, test } from 'vitest';
import { readerDecider } from '../readers/reader.decider.ts';
import { claimDecider } from './claim.decider.ts';
import { counterDecider } from './counter.decider.ts';
import type { PreparedUserCommand } from './prepared.ts';
import { userDecider } from './user.decider.ts';

const ann = '01900000-0000-7000-8000-000000000001' as UserId;
const bob = '01900000-0000-7000-8000-000000000002' as UserId;
const id = '01900000-0000-7000-8000-000000000900' as CommandId;
const [maria, mia] = ['m'.repeat(43), 'i'.repeat(43)] as [ClaimId, ClaimId];
const system = { userId: 'system', kind: 'system' } as const;
const self = { userId: ann, kind: 'user' } as const;

const given = specify(userDecider);
type Fields<C> = C extends unknown ? Omit<C, 'id' | 'caller' | 'userId'> : never;
const ask = (fields: Fields<PreparedUserCommand>, caller: PreparedUserCommand['caller'] = system) => ({ id, caller, userId: ann, ...fields }) as PreparedUserCommand;
const event = (type: UserEvent['type'], data: object): UserEvent => ({ type, data }) as UserEvent;
const started = event('user.registration-started', { claimId: maria });
const registered = event('user.registered', { claimId: maria });
const renaming = event('user.rename-started', { claimId: mia });

describe('registering', () => {
  const start = ask({ type: 'start-registration', claimId: maria });
  const finish = (claimed: boolean) => ask({ type: 'finish-registration', claimId: maria, claimed });
  test('goes from started to registered once the name is claimed', () => {
    given().when(start).then(started);
    given(started).when(finish(true)).then(registered);
  });
  test('ends in a refusal when somebody has the name, and may begin again under another', () => {
    const refused = event('user.registration-refused', { claimId: maria });
    given(started).when(finish(false)).then(refused);
    given(started, refused).when(ask({ type: 'start-registration', claimId: mia })).then(event('user.registration-started', { claimId: mia }));
  });
  test('every step repeated changes nothing', () => {
    given(started).when(start).then();
    given(started, registered).when(start).then();
    given(started, registered).when(finish(true)).then();
    given(started, registered).when(finish(false)).then();
  });
  test('a claim that came too late is told so, and its taker gives it back', () =>
    given(started, event('user.registration-refused', { claimId: maria })).when(finish(true)).thenRefused('name-taken'));
  test('one person registers once', () => {
    given(started, registered).when(ask({ type: 'start-registration', claimId: mia })).thenRefused('user-exists');
    given(started).when(ask({ type: 'start-registration', claimId: mia })).thenRefused('rename-pending');
  });
});

describe('renaming', () => {
  const rename = ask({ type: 'rename-user', claimId: mia }, self);
  const finish = (claimed: boolean) => ask({ type: 'finish-rename', claimId: mia, claimed });
  test('gives the old name back in the end', () => {
    given(started, registered).when(rename).then(renaming);
    given(started, registered, renaming).when(finish(true)).then(event('user.renamed', { claimId: mia, releasedClaimId: maria }));
  });
  test('to another spelling keeps the claim', () => {
    const again = event('user.rename-started', { claimId: maria });
    given(started, registered, again).when(ask({ type: 'finish-rename', claimId: maria, claimed: true })).then(event('user.renamed', { claimId: maria }));
  });
  test('is refused when somebody has the name', () => given(started, registered, renaming).when(finish(false)).then(event('user.rename-refused', { claimId: mia })));
  test('one at a time', () => given(started, registered, renaming).when(rename).thenRefused('rename-pending'));
  test('is for oneself, and for registered people', () => {
    given(started, registered).when(ask({ type: 'rename-user', claimId: mia }, { userId: bob, kind: 'user' })).thenRefused('forbidden');
    given(event('user.guest-registered', { number: 7 })).when(rename).thenRefused('forbidden');
    given().when(rename).thenRefused('not-found');
  });
  test('finished late, it says that the claim must go back', () =>
    given(started, registered, renaming, event('user.rename-refused', { claimId: mia })).when(finish(true)).thenRefused('name-taken'));
});

describe('guests, imported authors and statuses', () => {
  test('a guest has a number', () => {
    given().when(ask({ type: 'register-guest', number: 7 })).then(event('user.guest-registered', { number: 7 }));
    given(event('user.guest-registered', { number: 7 })).when(ask({ type: 'register-guest', number: 7 })).then();
    given(event('user.guest-registered', { number: 7 })).when(ask({ type: 'register-guest', number: 8 })).thenRefused('user-exists');
  });
  test('an imported author is registered once', () => {
    given().when(ask({ type: 'import-user', source: 'ubuntu' })).then(event('user.imported', { source: 'ubuntu' }));
    given(event('user.imported', { source: 'ubuntu' })).when(ask({ type: 'import-user', source: 'ubuntu' })).then();
  });
  test('a status is one’s own', () => {
    given(started, registered).when(ask({ type: 'set-user-status' }, self)).then(event('user.status-set', {}));
    given(started, registered).when(ask({ type: 'set-user-status' }, { userId: bob, kind: 'user' })).thenRefused('forbidden');
    given().when(ask({ type: 'set-user-status' }, self)).thenRefused('not-found');
  });
});

describe('erasing', () => {
  const operator = { userId: 'system', kind: 'operator' } as const;
  const start = ask({ type: 'start-erasure' }, operator);
  const finish = ask({ type: 'finish-erasure' }, operator);
  const [erasing, erased] = [event('user.erasure-started', {}), event('user.erased', {})];
  test('goes from started to erased, and every step repeated changes nothing', () => {
    given(started, registered).when(start).then(erasing);
    given(started, registered, erasing).when(start).then();
    given(started, registered, erasing).when(finish).then(erased);
    given(started, registered, erasing, erased).when(finish).then();
    given(started, registered, erasing, erased).when(start).then();
  });
  test('guests and imported authors are people too', () => {
    given(event('user.guest-registered', { number: 7 })).when(start).then(erasing);
    given(event('user.imported', { source: 'ubuntu' })).when(start).then(erasing);
  });
  test('only operators erase', () => {
    given(started, registered).when(ask({ type: 'start-erasure' }, self)).thenRefused('forbidden');
    given(started, registered, erasing).when(ask({ type: 'finish-erasure' }, system)).thenRefused('forbidden');
  });
  test('it waits for a name that is being claimed, ends nothing that was not begun, and knows who there is', () => {
    given(started).when(start).thenRefused('rename-pending');
    given(started, registered, renaming).when(start).thenRefused('rename-pending');
    given(started, registered).when(finish).thenRefused('not-found');
    given().when(start).thenRefused('not-found');
  });
  test('whoever is erased decides nothing any more, and a claim that comes late goes back', () => {
    for (const gone of [[erasing], [erasing, erased]]) {
      const past = given(started, registered, ...gone);
      past.when(ask({ type: 'rename-user', claimId: mia }, self)).thenRefused('not-found');
      past.when(ask({ type: 'set-user-status' }, self)).thenRefused('not-found');
      past.when(ask({ type: 'start-registration', claimId: mia })).thenRefused('user-exists');
      past.when(ask({ type: 'finish-registration', claimId: mia, claimed: true })).thenRefused('name-taken');
    }
  });
});

describe('claims', () => {
  const claim = specify(claimDecider);
  const taken = (userId: UserId) => ({ type: 'claim.taken', data: { userId } }) as const;
  const asking = (type: 'take-claim' | 'release-claim', userId: UserId) => ({ id, caller: system, claimId: maria, type, userId }) as const;
  test('a free name is taken, a taken one is not', () => {
    claim().when(asking('take-claim', ann)).then(taken(ann));
    claim(taken(ann)).when(asking('take-claim', bob)).thenRefused('name-taken');
    claim(taken(ann)).when(asking('take-claim', ann)).then();
  });
  test('a name is given back by its owner alone, and is free then', () => {
    const released = { type: 'claim.released', data: { userId: ann } } as const;
    claim(taken(ann)).when(asking('release-claim', ann)).then(released);
    claim(taken(ann)).when(asking('release-claim', bob)).then();
    claim(taken(ann), released).when(asking('take-claim', bob)).then(taken(bob));
  });
});

test('the counter hands out each number once, in step with its events', () => {
  const counted = (value: number) => ({ type: 'counter.incremented', data: { value, userId: ann } }) as const;
  const take = { id, caller: system, type: 'take-number', counterId: 'guests', userId: ann } as const;
  specify(counterDecider)().when(take).then(counted(1));
  specify(counterDecider)(counted(1), counted(2)).when(take).then(counted(3));
});

describe('read markers', () => {
  const mark = (n: number, roomId = 'kitchen') => ({ id, caller: self, type: 'mark-read', roomId: roomId as RoomId, n }) as const;
  const marked = (n: number, roomId = 'kitchen') => ({ type: 'reader.marked', data: { roomId: roomId as RoomId, n } }) as const;
  const reader = specify(readerDecider);
  test('only move forward', () => {
    reader(marked(5)).when(mark(6)).then(marked(6));
    reader(marked(5)).when(mark(5)).then();
    reader(marked(5)).when(mark(3)).then();
  });
  test('are kept per room', () => reader(marked(5)).when(mark(3, 'lobby')).then(marked(3, 'lobby')));
  test('are bounded in number', () => {
    const many = reader(...Array.from({ length: 10_000 }, (_, index) => marked(1, `room-${index}`)));
    many.when(mark(1, 'one-more')).thenRefused('invalid');
    many.when(mark(2, 'room-77')).then(marked(2, 'room-77'));
    expect(many.state.markers.size).toBe(10_000);
  });
});
