import type { MyRoomView } from '@parley/contracts/queries/views';
import { describe, expect, it } from 'vitest';
import { countLabel, inOrder, type NamedRoom, neighbour, sectionsOf } from './room-list-model.ts';

const room = (name: string, more: Partial<MyRoomView> = {}): NamedRoom =>
  ({ name, room: { roomId: name, kind: 'public', archived: false, unread: 0, mentions: 0, last: null, createdAt: '2026-01-01T00:00:00Z', ...more } as unknown as MyRoomView });
const direct = (name: string, at: string, unread = 0): NamedRoom => room(name, { kind: 'direct', unread, last: { at } as MyRoomView['last'] });
const rooms = [room('나무'), room('general'), room('Backend 10'), room('backend 9', { unread: 2 }), room('old', { archived: true }), direct('Ann', '2026-01-02T00:00:00Z'), direct('Bob', '2026-01-03T00:00:00Z', 1)];
const names = (list: readonly NamedRoom[]): string[] => list.map(({ name }) => name);

describe('the list of rooms', () => {
  it('keeps rooms by name and people by their last message', () => {
    const sections = sectionsOf(rooms, 'all', undefined, 'en');
    expect(names(sections.rooms)).toEqual(['backend 9', 'Backend 10', 'general', '나무']);
    expect(names(sections.direct)).toEqual(['Bob', 'Ann']);
    expect(names(sections.archived)).toEqual(['old']);
  });
  it('filters, but never takes the open room away', () => {
    expect(names(inOrder(sectionsOf(rooms, 'unread', undefined, 'en')))).toEqual(['backend 9', 'Bob']);
    expect(names(inOrder(sectionsOf(rooms, 'unread', 'general', 'en')))).toEqual(['backend 9', 'general', 'Bob']);
    expect(names(inOrder(sectionsOf(rooms, 'direct', 'general', 'en')))).toEqual(['Bob', 'Ann']);
  });
  it('goes round, and to the next unread', () => {
    const list = inOrder(sectionsOf(rooms, 'all', undefined, 'en'));
    expect(neighbour(list, 'old', 1, false)).toBe('backend 9');
    expect(neighbour(list, 'backend 9', -1, false)).toBe('old');
    expect(neighbour(list, 'general', 1, true)).toBe('Bob');
    expect(neighbour(list, undefined, 1, false)).toBe('backend 9');
    expect(neighbour([], undefined, 1, false)).toBeUndefined();
  });
  it('says that a capped count is more', () => {
    expect([countLabel(3), countLabel(1_000)]).toEqual(['3', '999+']);
  });
});
