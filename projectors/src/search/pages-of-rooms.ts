/** A room and the number of its last event. */
export type RoomEnd = { readonly room: string; readonly n: number };
/** Events of these rooms behind number `behind` of each, up to number `upTo`. */
export type Page = { readonly rooms: readonly string[]; readonly behind: number; readonly upTo: number };

/**
 * Pages that hold every event of the rooms once, in their order, and none more than `numbersMax`: small rooms together,
 * large ones in several. A page has both ends in numbers, so PostgreSQL reads it from an index whatever it believes of
 * the size of rooms. Behind a pair of room and number, or with nothing but a limit, it took a large room for a small one
 * and sorted the whole rest of it for every page.
 * Source: rowcomparesel in src/backend/utils/adt/selfuncs.c of PostgreSQL 18, which judges such a pair by its first part.
 */
export function* pagesOf(rooms: Iterable<RoomEnd>, numbersMax: number): Generator<Page> {
  let together: string[] = [];
  let numbers = 0;
  for (const { room, n } of rooms) {
    if (together.length > 0 && numbers + n > numbersMax) {
      yield { rooms: together, behind: 0, upTo: numbersMax };
      [together, numbers] = [[], 0];
    }
    if (n <= numbersMax) {
      together.push(room);
      numbers += n;
    } else for (let behind = 0; behind < n; behind += numbersMax) yield { rooms: [room], behind, upTo: behind + numbersMax };
  }
  if (together.length > 0) yield { rooms: together, behind: 0, upTo: numbersMax };
}
