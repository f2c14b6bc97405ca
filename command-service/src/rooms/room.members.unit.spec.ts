import { roomInvitationsMax, roomMembersMax } from '@parley/contracts/rooms/limits';
import type { UserId } from '@parley/contracts/ids';
import { cpuMsOf } from '@parley/tests/harness/cpu-ms';
import { describe, expect, test } from 'vitest';
import { ann, archived, bob, by, cem, created, dee, deleted, given, groupRoom, guest, invited, joined, left, privateRoom, publicRoom, removed, roleChanged, uuid } from './room.examples.spec.ts';

const join = { type: 'join-room' } as const;
const leave = { type: 'leave-room' } as const;
const invite = (userId: UserId, role: 'moderator' | 'member' | 'guest' = 'member') => ({ type: 'invite-member', userId, role }) as const;
const remove = (userId: UserId) => ({ type: 'remove-member', userId }) as const;

describe('joining', () => {
  test('a public room is open to everybody', () => given(...publicRoom).when(by(cem, join)).then(joined(cem)));
  test('a guest of the house is a guest in the room', () => given(...publicRoom).when(by(guest(cem), join)).then(joined(cem, 'guest')));
  test('a private room wants an invitation', () => {
    given(...privateRoom).when(by(cem, join)).thenRefused('not-found');
    given(...privateRoom, invited(cem)).when(by(cem, join)).then(joined(cem));
  });
  test('an invitation carries a role', () => given(...privateRoom, invited(cem, 'moderator')).when(by(cem, join)).then(joined(cem, 'moderator')));
  test('an invitation is used up', () => given(...privateRoom, invited(cem), joined(cem), left(cem)).when(by(cem, join)).thenRefused('not-found'));
  test('twice changes nothing', () => given(...publicRoom).when(by(bob, join)).then());
  test('an archived room takes nobody', () => given(...publicRoom, archived).when(by(cem, join)).thenRefused('room-archived'));
  test('a deleted room is not there', () => given(...publicRoom, deleted).when(by(cem, join)).thenRefused('not-found'));
  test('whoever comes into an empty room owns it, unless a guest', () => {
    given(created('public', ann), joined(ann, 'owner'), left(ann)).when(by(cem, join)).then(joined(cem, 'owner'));
    given(created('public', ann), joined(ann, 'owner'), left(ann)).when(by(guest(cem), join)).thenRefused('forbidden');
  });
  test('a full room refuses the next member', () => {
    const crowd = Array.from({ length: roomMembersMax - 1 }, (_, index) => joined(uuid(10_000 + index) as UserId));
    given(created('public', ann), joined(ann, 'owner'), ...crowd).when(by(cem, join)).thenRefused('room-full');
  });
});

describe('leaving', () => {
  test('members go when they like, from an archived room too', () => {
    given(...publicRoom).when(by(bob, leave)).then(left(bob));
    given(...publicRoom, archived).when(by(bob, leave)).then(left(bob));
  });
  test('the last owner names another first', () => {
    given(...publicRoom).when(by(ann, leave)).thenRefused('last-owner');
    given(...publicRoom, roleChanged(bob, 'owner')).when(by(ann, leave)).then(left(ann));
  });
  test('the last of all may go', () => given(...publicRoom, left(bob)).when(by(ann, leave)).then(left(ann)));
});

describe('inviting', () => {
  test('is for owners and moderators', () => {
    given(...privateRoom).when(by(ann, invite(cem))).then(invited(cem));
    given(...privateRoom).when(by(bob, invite(cem))).thenRefused('forbidden');
    given(...privateRoom, roleChanged(bob, 'moderator')).when(by(bob, invite(cem))).then(invited(cem));
  });
  test('is for every member of a group but guests', () => {
    given(...groupRoom).when(by(bob, invite(cem))).then(invited(cem));
    given(...groupRoom, joined(dee, 'guest')).when(by(dee, invite(cem))).thenRefused('forbidden');
  });
  test('only owners make moderators', () => {
    given(...privateRoom).when(by(ann, invite(cem, 'moderator'))).then(invited(cem, 'moderator'));
    given(...privateRoom, roleChanged(bob, 'moderator')).when(by(bob, invite(cem, 'moderator'))).thenRefused('forbidden');
  });
  test('a member is not invited again', () => given(...privateRoom).when(by(ann, invite(bob))).thenRefused('already-member'));
  test('the same twice changes nothing; another role replaces the first', () => {
    given(...privateRoom, invited(cem)).when(by(ann, invite(cem))).then();
    given(...privateRoom, invited(cem)).when(by(ann, invite(cem, 'guest'))).then(invited(cem, 'guest'));
  });
  test('has a bound', () => {
    const many = Array.from({ length: roomInvitationsMax }, (_, index) => invited(uuid(20_000 + index) as UserId));
    given(...privateRoom, ...many).when(by(ann, invite(cem))).thenRefused('invitations-full');
  });
});

describe('removing', () => {
  test('an owner removes anybody, a moderator members and guests', () => {
    given(...publicRoom, joined(cem)).when(by(ann, remove(cem))).then(removed(cem));
    given(...publicRoom, roleChanged(bob, 'moderator'), joined(cem)).when(by(bob, remove(cem))).then(removed(cem));
    given(...publicRoom, roleChanged(bob, 'moderator')).when(by(bob, remove(ann))).thenRefused('forbidden');
    given(...publicRoom, roleChanged(bob, 'moderator'), joined(cem, 'moderator')).when(by(bob, remove(cem))).thenRefused('forbidden');
    given(...publicRoom, joined(cem)).when(by(bob, remove(cem))).thenRefused('forbidden');
  });
  test('takes an invitation back', () => {
    given(...privateRoom, invited(cem)).when(by(ann, remove(cem))).then(removed(cem));
    given(...privateRoom, invited(cem), removed(cem)).when(by(cem, join)).thenRefused('not-found');
  });
  test('needs somebody to remove', () => given(...publicRoom).when(by(ann, remove(cem))).thenRefused('not-a-member'));
  test('never leaves members without an owner', () => given(...publicRoom).when(by(ann, remove(ann))).thenRefused('last-owner'));
  test('ends what the removed person may do', () => given(...privateRoom, removed(bob)).when(by(bob, { type: 'rename-room' })).thenRefused('not-found'));
});

test('ten thousand joins fold in well under a second', async () => {
  const crowd = Array.from({ length: roomMembersMax - 1 }, (_, index) => joined(uuid(10_000 + index) as UserId));
  expect(await cpuMsOf(() => given(created('public', ann), joined(ann, 'owner'), ...crowd))).toBeLessThan(1_000);
});
