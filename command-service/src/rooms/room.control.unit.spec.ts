import { describe, test } from 'vitest';
import type { RoomId, UserId } from '@parley/contracts/ids';
import { ann, archived, bob, by, cem, created, deleted, dee, directRoom, given, groupRoom, guest, joined, operator, privateRoom, publicRoom, roleChanged, roomId, unarchived } from './room.examples.spec.ts';

const create = { type: 'create-room' as const, kind: 'public' as const, history: 'all' as const, members: new Array<UserId>() };

describe('making a room', () => {
  test('its maker owns it', () => given().when(by(ann, create)).then(created('public', ann), joined(ann, 'owner')));
  test('people named at the start are members, each once', () =>
    given()
      .when(by(ann, { ...create, kind: 'group', members: [bob, ann, bob, cem] }))
      .then(created('group', ann), joined(ann, 'owner'), joined(bob), joined(cem)));
  test('its rule of history is fixed then', () =>
    given().when(by(ann, { ...create, history: 'since-join' })).then(created('public', ann, 'since-join'), joined(ann, 'owner')));
  test('an id is used once', () => given(...publicRoom).when(by(cem, create)).thenRefused('room-exists'));
  test('the id of a deleted room is not used again', () => given(...publicRoom, deleted).when(by(ann, create)).thenRefused('room-exists'));
  test('nobody sits on the id of a direct room', () =>
    given().when({ ...by(ann, create), roomId: 'd-abc' as RoomId }).thenRefused('invalid'));
  test('a room made by the system belongs to the first it names', () =>
    given().when(by(operator, { ...create, members: [bob] })).then(created('public', bob), joined(bob, 'owner')));
  test('the system alone owns nothing', () => given().when(by(operator, create)).thenRefused('invalid'));
});

describe('a direct room', () => {
  test('seats its two people as equals', () =>
    given().when(by(ann, { type: 'create-direct-room', with: bob })).then(created('direct', ann), joined(ann), joined(bob)));
  test('opened again by either is the same room', () => {
    given(...directRoom).when(by(ann, { type: 'create-direct-room', with: bob })).then();
    given(...directRoom).when(by(bob, { type: 'create-direct-room', with: ann })).then();
  });
  test('is nobody else’s', () => given(...directRoom).when(by(cem, { type: 'create-direct-room', with: bob })).thenRefused('not-found'));
  test.each([
    { type: 'rename-room' }, { type: 'set-room-topic' }, { type: 'archive-room' }, { type: 'unarchive-room' }, { type: 'delete-room' }, { type: 'leave-room' },
    { type: 'invite-member', userId: cem, role: 'member' }, { type: 'remove-member', userId: bob }, { type: 'change-member-role', userId: bob, role: 'owner' },
  ] as const)('$type is refused in it', (command) => given(...directRoom).when(by(ann, command)).thenRefused('direct-room-fixed'));
});

describe('naming a room', () => {
  const rename = { type: 'rename-room' } as const;
  test('is for its owner and moderators', () => {
    given(...publicRoom).when(by(ann, rename)).then({ type: 'room.renamed', data: {} });
    given(...publicRoom, roleChanged(bob, 'moderator')).when(by(bob, { type: 'set-room-topic' })).then({ type: 'room.topic-set', data: {} });
    given(...publicRoom).when(by(bob, rename)).thenRefused('forbidden');
  });
  test('is for every member of a group but guests', () => {
    given(...groupRoom).when(by(bob, rename)).then({ type: 'room.renamed', data: {} });
    given(...groupRoom, joined(cem, 'guest')).when(by(cem, rename)).thenRefused('forbidden');
  });
  test('is refused once it is archived', () => given(...publicRoom, archived).when(by(ann, rename)).thenRefused('room-archived'));
});

describe('archiving', () => {
  test('is for owners, and can be undone', () => {
    given(...publicRoom).when(by(ann, { type: 'archive-room' })).then(archived);
    given(...publicRoom, archived).when(by(ann, { type: 'unarchive-room' })).then(unarchived);
    given(...publicRoom, roleChanged(bob, 'moderator')).when(by(bob, { type: 'archive-room' })).thenRefused('forbidden');
  });
  test('twice changes nothing', () => {
    given(...publicRoom, archived).when(by(ann, { type: 'archive-room' })).then();
    given(...publicRoom).when(by(ann, { type: 'unarchive-room' })).then();
  });
  test('leaves the owner able to delete the room', () => given(...publicRoom, archived).when(by(ann, { type: 'delete-room' })).then(deleted));
});

describe('deleting', () => {
  test('is for owners', () => given(...publicRoom).when(by(bob, { type: 'delete-room' })).thenRefused('forbidden'));
  test('leaves nothing to find, not even for its owner', () => given(...publicRoom, deleted).when(by(ann, { type: 'rename-room' })).thenRefused('not-found'));
});

describe('roles', () => {
  const make = (userId: typeof bob, role: 'owner' | 'moderator' | 'member' | 'guest') => ({ type: 'change-member-role', userId, role }) as const;
  test('are given by owners', () => {
    given(...publicRoom).when(by(ann, make(bob, 'owner'))).then(roleChanged(bob, 'owner'));
    given(...publicRoom, roleChanged(bob, 'moderator')).when(by(bob, make(bob, 'owner'))).thenRefused('forbidden');
  });
  test('are only for members', () => given(...publicRoom).when(by(ann, make(cem, 'owner'))).thenRefused('not-a-member'));
  test('the last owner stays owner', () => given(...publicRoom).when(by(ann, make(ann, 'member'))).thenRefused('last-owner'));
  test('one of two owners may step back', () => given(...publicRoom, roleChanged(bob, 'owner')).when(by(ann, make(ann, 'member'))).then(roleChanged(ann, 'member')));
  test('given again change nothing', () => given(...publicRoom).when(by(ann, make(bob, 'member'))).then());
});

describe('strangers', () => {
  test.each([{ type: 'rename-room' }, { type: 'archive-room' }, { type: 'delete-room' }, { type: 'leave-room' }, { type: 'join-room' }] as const)(
    '$type tells them nothing about a private room',
    (command) => {
      given(...privateRoom).when(by(dee, command)).thenRefused('not-found');
      given().when(by(dee, command)).thenRefused('not-found');
    },
  );
  test('see that a public room exists, and may not change it', () => given(...publicRoom).when(by(dee, { type: 'rename-room' })).thenRefused('forbidden'));
  test('a guest of the house is no member either', () => given(...publicRoom).when({ ...by(guest(dee), { type: 'rename-room' }), roomId }).thenRefused('forbidden'));
});
