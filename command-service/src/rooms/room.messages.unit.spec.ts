import type { CommandId, MessageId } from '@parley/contracts/ids';
import { pinsMax } from '@parley/contracts/rooms/limits';
import { describe, test } from 'vitest';
import { ann, archived, bob, by, cem, commandId, dee, deleted, directRoom, given, groupRoom, joined, messageId, operator, pinned, posted, privateRoom, publicRoom, redacted, removed, roleChanged, uuid } from './room.examples.spec.ts';

const facts = { hasLink: false, mentions: [] } as const;
const post = { type: 'post-message', ...facts } as const;
const target = { messageId, n: 4, author: bob } as const;
const postedByCommand = (author: typeof ann, ordinal: number) => posted(author, ordinal, commandId as string as MessageId);

describe('posting', () => {
  test('a message’s id is its command’s, and messages are counted', () => {
    given(...publicRoom).when(by(ann, post)).then(postedByCommand(ann, 1));
    given(...publicRoom, posted(bob, 1)).when(by(ann, post)).then(postedByCommand(ann, 2));
  });
  test('the facts that rows need of the text go along', () =>
    given(...publicRoom)
      .when(by(ann, { ...post, hasLink: true, mentions: [bob], replyTo: { messageId, n: 4 } }))
      .then({ type: 'message.posted', data: { messageId: commandId as string as MessageId, author: ann, ordinal: 1, replyTo: { messageId, n: 4 }, hasLink: true, mentions: [bob] } }));
  test('is for members', () => {
    given(...publicRoom).when(by(cem, post)).thenRefused('forbidden');
    given(...privateRoom).when(by(cem, post)).thenRefused('not-found');
    given(...privateRoom, removed(bob)).when(by(bob, post)).thenRefused('not-found');
    given().when(by(ann, post)).thenRefused('not-found');
  });
  test('is refused in an archived and in a deleted room', () => {
    given(...publicRoom, archived).when(by(ann, post)).thenRefused('room-archived');
    given(...publicRoom, deleted).when(by(ann, post)).thenRefused('not-found');
  });
});

describe('editing', () => {
  const edit = { type: 'edit-message', target, ...facts } as const;
  test('is for one’s own messages', () => {
    given(...publicRoom, posted(bob, 1)).when(by(bob, edit)).then({ type: 'message.edited', data: { messageId, targetN: 4, hasLink: false, mentions: [] } });
    given(...publicRoom, posted(bob, 1)).when(by(ann, edit)).thenRefused('forbidden');
  });
  test('brings nothing redacted back', () => given(...publicRoom, posted(bob, 1), redacted(4)).when(by(bob, edit)).thenRefused('message-redacted'));
  test('ends with membership', () => given(...privateRoom, posted(bob, 1), removed(bob)).when(by(bob, edit)).thenRefused('not-found'));
});

describe('redacting', () => {
  const redact = { type: 'redact-message', target } as const;
  const room = [...publicRoom, posted(bob, 1)];
  test('is for the author, owners and moderators', () => {
    given(...room).when(by(bob, redact)).then(redacted(4));
    given(...room).when(by(ann, redact)).then(redacted(4));
    given(...room, joined(cem, 'moderator')).when(by(cem, redact)).then(redacted(4));
    given(...room, joined(cem)).when(by(cem, redact)).thenRefused('forbidden');
  });
  test('twice changes nothing', () => given(...room, redacted(4)).when(by(bob, redact)).then());
  test('goes on in an archived room for those who look after it', () => {
    given(...room, archived).when(by(ann, redact)).then(redacted(4));
    given(...room, archived).when(by(bob, redact)).thenRefused('room-archived');
  });
  test('unpins', () => given(...room, pinned(4), redacted(4)).when(by(ann, { type: 'unpin-message', target })).then());
});

describe('reacting', () => {
  const room = [...publicRoom, posted(bob, 1)];
  const data = { messageId, targetN: 4, emoji: '👍' };
  test('is for members', () => {
    given(...room).when(by(ann, { type: 'react', target, emoji: '👍' })).then({ type: 'message.reacted', data });
    given(...room).when(by(ann, { type: 'unreact', target, emoji: '👍' })).then({ type: 'message.unreacted', data });
    given(...room).when(by(cem, { type: 'react', target, emoji: '👍' })).thenRefused('forbidden');
  });
  test('to a redacted message is refused; taking a reaction away then changes nothing', () => {
    given(...room, redacted(4)).when(by(ann, { type: 'react', target, emoji: '👍' })).thenRefused('message-redacted');
    given(...room, redacted(4)).when(by(ann, { type: 'unreact', target, emoji: '👍' })).then();
  });
});

describe('pinning', () => {
  const room = [...publicRoom, posted(bob, 1)];
  const pin = { type: 'pin-message', target } as const;
  test('is for owners and moderators, in groups and direct rooms for every member', () => {
    given(...room).when(by(ann, pin)).then(pinned(4));
    given(...room).when(by(bob, pin)).thenRefused('forbidden');
    given(...room, roleChanged(bob, 'moderator')).when(by(bob, pin)).then(pinned(4));
    given(...groupRoom, posted(bob, 1)).when(by(bob, pin)).then(pinned(4));
    given(...directRoom, posted(bob, 1)).when(by(ann, pin)).then(pinned(4));
    given(...groupRoom, joined(dee, 'guest'), posted(bob, 1)).when(by(dee, pin)).thenRefused('forbidden');
  });
  test('twice, and unpinning twice, change nothing', () => {
    given(...room, pinned(4)).when(by(ann, pin)).then();
    given(...room).when(by(ann, { type: 'unpin-message', target })).then();
    given(...room, pinned(4)).when(by(ann, { type: 'unpin-message', target })).then({ type: 'message.unpinned', data: { messageId, targetN: 4 } });
  });
  test('has a bound', () => {
    const many = Array.from({ length: pinsMax }, (_, index) => pinned(10 + index, uuid(30_000 + index) as MessageId));
    given(...room, ...many).when(by(ann, pin)).thenRefused('pins-full');
  });
  test('a redacted message is refused', () => given(...room, redacted(4)).when(by(ann, pin)).thenRefused('message-redacted'));
});

describe('importing', () => {
  const line = (number: number) => ({ line: number, messageId: uuid(700 + number) as CommandId, author: dee, sentAt: '2004-07-05T10:00:00Z', ...facts });
  const lines = (...numbers: number[]) => ({ type: 'import-messages', source: 'ubuntu-2004-07-05', lines: numbers.map(line) }) as const;
  const imported = (number: number, ordinal: number) => ({
    type: 'message.posted' as const,
    data: {
      messageId: uuid(700 + number) as MessageId, author: dee, ordinal, hasLink: false, mentions: [], sentAt: '2004-07-05T10:00:00Z',
      source: { name: 'ubuntu-2004-07-05', line: number },
    },
  });
  test('appends each line under its author, who need be no member', () =>
    given(...publicRoom, posted(bob, 1)).when(by(operator, lines(1, 3))).then(imported(1, 2), imported(3, 3)));
  test('of the same lines again adds nothing', () => given(...publicRoom, imported(1, 1), imported(3, 2)).when(by(operator, lines(1, 2, 3))).then());
  test('goes on after the highest line', () => given(...publicRoom, imported(1, 1), imported(3, 2)).when(by(operator, lines(4))).then(imported(4, 3)));
  test('of another source counts its own lines', () =>
    given(...publicRoom, imported(9, 1)).when(by(operator, { ...lines(1), source: 'other' })).then({ ...imported(1, 2), data: { ...imported(1, 2).data, source: { name: 'other', line: 1 } } }));
  test('is refused whole when lines overlap or do not rise', () => {
    given(...publicRoom, imported(1, 1)).when(by(operator, lines(1, 2))).thenRefused('invalid');
    given(...publicRoom).when(by(operator, lines(2, 1))).thenRefused('invalid');
  });
  test('is for operators', () => given(...publicRoom).when(by(ann, lines(1))).thenRefused('forbidden'));
  test('needs a room that is open', () => {
    given().when(by(operator, lines(1))).thenRefused('not-found');
    given(...publicRoom, archived).when(by(operator, lines(1))).thenRefused('room-archived');
  });
});
