import type { RoomEntry } from '@parley/client/state';
import { describe, expect, it } from 'vitest';
import { dividerAfter } from './divider-model.ts';

const entry = (authors: readonly (string | undefined)[]): RoomEntry =>
  ({ room: { ordinal: authors.length }, pages: [{ index: 0, notes: [], messages: authors.map((author, at) => author && { ordinal: at + 1, n: at + 11, author, state: author === 'gone' ? 'redacted' : 'shown' }) }] }) as unknown as RoomEntry;
const at = (ordinal: number) => ({ ordinal, cleared: false });

describe('the line above what is new, when another device reads', () => {
  const room = entry(['ann', 'me', 'gone', 'bob', 'ann']);
  it('moves forward to the first message of others beyond the marker', () => {
    expect(dividerAfter(at(1), room, 'me', 11)).toEqual(at(4));
    expect(dividerAfter(at(1), room, 'me', 14)).toEqual(at(5));
  });
  it('stays where the marker has not passed it, and is cleared past the last', () => {
    const divider = at(4);
    expect(dividerAfter(divider, room, 'me', 12)).toBe(divider);
    expect(dividerAfter(divider, room, 'me', 15)).toEqual({ ordinal: 4, cleared: true });
  });
  it('stops at what is not loaded and never comes back once cleared', () => {
    expect(dividerAfter(at(1), entry(['ann', undefined, 'ann']), 'me', 99)).toEqual(at(2));
    const cleared = { ordinal: 1, cleared: true };
    expect(dividerAfter(cleared, room, 'me', 11)).toBe(cleared);
  });
});
