import { expect, test } from 'vitest';
import { pagesOf, type RoomEnd } from './pages-of-rooms.ts';

const numbersOf = (rooms: readonly RoomEnd[]): string[] => rooms.flatMap(({ room, n }) => Array.from({ length: n }, (_, index) => `${room} ${index + 1}`));

test('every event of every room lies in one page, in the order of the rooms, and no page is larger than it may be', () => {
  const lengths = [0, 1, 3, 4, 5, 8, 13];
  const triples = lengths.flatMap((a) => lengths.flatMap((b) => lengths.map((c) => [a, b, c])));
  for (const ends of triples) {
    for (const numbersMax of [1, 4, 5]) {
      const rooms = ends.map((n, index) => ({ room: `r${index}`, n }));
      const endOf = new Map(rooms.map(({ room, n }) => [room, n]));
      const pages = [...pagesOf(rooms, numbersMax)].map(({ rooms: together, behind, upTo }) => together.flatMap((room) => Array.from({ length: Math.max(0, Math.min(upTo, endOf.get(room)!) - behind) }, (_, index) => `${room} ${behind + index + 1}`)));
      expect(pages.flat()).toEqual(numbersOf(rooms));
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(numbersMax);
    }
  }
});

test('small rooms are read together, large ones in pages of their own', () => {
  expect([...pagesOf([{ room: 'a', n: 1 }, { room: 'b', n: 3 }, { room: 'c', n: 1 }, { room: 'd', n: 9 }, { room: 'e', n: 4 }], 4)]).toEqual([
    { rooms: ['a', 'b'], behind: 0, upTo: 4 }, { rooms: ['c'], behind: 0, upTo: 4 },
    { rooms: ['d'], behind: 0, upTo: 4 }, { rooms: ['d'], behind: 4, upTo: 8 }, { rooms: ['d'], behind: 8, upTo: 12 }, { rooms: ['e'], behind: 0, upTo: 4 },
  ]);
  expect([...pagesOf([], 4)]).toEqual([]);
});
