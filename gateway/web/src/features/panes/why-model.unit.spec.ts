import type { RoomEntry } from '@parley/client/state';
import { describe, expect, it } from 'vitest';
import { accountOf } from './why-model.ts';

const entry = (authors: readonly (string | undefined)[], firstOrdinal = 1): RoomEntry =>
  ({ room: { ordinal: authors.length, firstOrdinal }, pages: [{ index: 0, notes: [], messages: authors.map((author, at) => author && { ordinal: at + 1, n: (at + 1) * 10, author, state: author === 'gone' ? 'redacted' : 'shown' }) }] }) as unknown as RoomEntry;

describe('why a room is unread', () => {
  it('adds up: last − read − own − deleted = counted', () => {
    const account = accountOf(entry(['ann', 'bob', 'me', 'ann', 'gone', 'bob']), 'me', 20);
    expect(account).toMatchObject({ last: 6, read: 2, own: 1, deleted: 1, missing: 0 });
    expect(account.counted.map(({ ordinal }) => ordinal)).toEqual([4, 6]);
    expect(account.last - account.read - account.own - account.deleted).toBe(account.counted.length);
  });
  it('begins at what one may read where nothing was read', () => {
    expect(accountOf(entry(['ann', 'bob', 'ann'], 3), 'me', 0)).toMatchObject({ last: 3, read: 2, own: 0 });
    expect(accountOf(entry(['ann']), 'me', 10)).toMatchObject({ last: 1, read: 1, counted: [] });
  });
  it('says what it does not know', () => {
    expect(accountOf(entry(['ann', undefined, 'ann']), 'me', 10).missing).toBe(1);
  });
});
