import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { Connection } from './connection.ts';
import { Fanout } from './fanout.ts';
import { LiveUser } from './live-user.ts';
import { openBody, Outgoing } from './outgoing.ts';
import { RoomChannel } from './room-channel.ts';

class Recorder extends Connection {
  readonly format: 'ws' | 'sse' = 'sse';
  writes = 0;
  text = '';
  queued = 0;
  code: number | undefined = undefined;
  queuedBytes() { return this.queued; }
  drained() { return Promise.resolve(true); }
  protected put(bytes: Buffer) { this.writes += 1; this.text += bytes.toString(); }
  protected end(code: number) { this.code = code; }
  get orders() { return [...this.text.matchAll(/"i":(\d+)/g)].map(([, order]) => Number(order)); }
}

const item = (order: number) => new Outgoing(order, `t${order}`, openBody({ i: order }), 0);
function here(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const user = new LiveUser(`u${index}`, 'user');
    const reader = new Recorder();
    reader.user = user;
    user.connections.push(reader);
    return { user, reader };
  });
}

describe('fan-out', () => {
  test('frames of one turn are one write per socket, in order', () => {
    const people = here(3);
    const room = new RoomChannel('r', 's', 3);
    for (const { user } of people) room.seat(user, 1);
    const flushed: number[] = [];
    const fanout = new Fanout({ flushed: (items) => flushed.push(items.length) });
    for (let order = 1; order <= 10; order += 1) fanout.toRoom(room, item(order));
    fanout.flush();
    for (const { reader } of people) expect([reader.writes, reader.orders]).toEqual([1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
    expect(flushed).toEqual([10]);
    fanout.flush();
    expect(people[0]!.reader.writes).toBe(1);
  });

  test('it happens by itself, soon', async () => {
    const [{ user, reader }] = here(1) as [ReturnType<typeof here>[number]];
    const room = new RoomChannel('r', 's', 1);
    room.seat(user, 1);
    const fanout = new Fanout({ flushed: () => {} });
    fanout.toRoom(room, item(1));
    expect(reader.writes).toBe(0);
    await new Promise((resolve) => { setImmediate(() => setImmediate(resolve)); });
    expect(reader.orders).toEqual([1]);
  });

  /** A frame's cursor says that everything before it was sent, so nobody may get a later one first, whatever rooms they are in. */
  test('everybody gets exactly their rooms’ frames, in the order of the hub', () => {
    fc.assert(fc.property(
      fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 8 }),
      fc.array(fc.oneof(fc.record({ room: fc.integer({ min: 0, max: 4 }) }), fc.record({ person: fc.nat(7) }), fc.constant('flush' as const)), { maxLength: 60 }),
      (seats, steps) => {
        const people = here(seats.length);
        const rooms = Array.from({ length: 5 }, (_, index) => new RoomChannel(`r${index}`, `s${index}`, 1));
        people.forEach(({ user }, index) => { for (const room of seats[index]!) rooms[room]!.seat(user, 1); });
        const expected = people.map((): number[] => []);
        const fanout = new Fanout({ flushed: () => {} });
        steps.forEach((step, order) => {
          if (step === 'flush') return fanout.flush();
          if ('room' in step) {
            fanout.toRoom(rooms[step.room]!, item(order));
            seats.forEach((mine, index) => { if (mine.includes(step.room)) expected[index]!.push(order); });
          } else if (step.person < people.length) {
            fanout.toUser(people[step.person]!.user, item(order));
            expected[step.person]!.push(order);
          }
        });
        fanout.flush();
        expect(people.map(({ reader }) => reader.orders)).toEqual(expected);
      },
    ), { numRuns: 300 });
  });

  test('a reader whose gap is prepared gets nothing yet, and what it gets is kept', () => {
    const [{ user, reader }] = here(1) as [ReturnType<typeof here>[number]];
    const room = new RoomChannel('r', 's', 1);
    room.seat(user, 1);
    const fanout = new Fanout({ flushed: () => {} });
    reader.held = [];
    fanout.toRoom(room, item(1));
    fanout.flush();
    expect(reader.writes).toBe(0);
    expect(reader.held).toHaveLength(1);
    for (let order = 2; order < 5_000; order += 1) fanout.toRoom(room, item(order));
    fanout.flush();
    expect([reader.overflowed, reader.held.length]).toEqual([true, 0]);
  });

  test('a slow reader is closed and costs nothing more', () => {
    const [{ user, reader }] = here(1) as [ReturnType<typeof here>[number]];
    const room = new RoomChannel('r', 's', 1);
    room.seat(user, 1);
    const fanout = new Fanout({ flushed: () => {} });
    reader.queued = 3 * 1024 * 1024;
    fanout.toRoom(room, item(1));
    fanout.flush();
    expect([reader.code, reader.writes]).toEqual([4008, 0]);
    reader.queued = 0;
    fanout.toRoom(room, item(2));
    fanout.flush();
    expect(reader.writes).toBe(0);
  });
});

test('seats are packed and leave no hole', () => {
  const people = here(5);
  const room = new RoomChannel('r', 's', 5);
  for (const { user } of people) { room.seat(user, 1); room.seat(user, 1); }
  expect(room.seats).toHaveLength(5);
  room.unseat(people[1]!.user);
  room.unseat(people[1]!.user);
  room.unseat(people[4]!.user);
  expect(room.seats.map(({ user }) => user.userId).sort()).toEqual(['u0', 'u2', 'u3']);
  room.seats.forEach((seat, index) => expect(seat.index).toBe(index));
  expect(people[1]!.user.seats).toEqual([]);
});
