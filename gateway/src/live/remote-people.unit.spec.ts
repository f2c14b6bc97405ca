import { describe, expect, test } from 'vitest';
import { RemotePeople } from './remote-people.ts';

const ann = '0190a3b0-0000-7000-8000-00000000000a';
const rooms = ['lobby', 'kitchen'] as never;

describe('people at other gateways', () => {
  test('are as present as the most present of what each gateway says, whichever speaks last', () => {
    const remote = new RemotePeople();
    remote.hear('a', { userId: ann, state: 'active', rooms }, 0);
    remote.hear('b', { userId: ann, state: 'idle' }, 1);
    expect(remote.stateOf(ann)).toBe('active');
    remote.hear('a', { userId: ann, state: 'offline' }, 2);
    expect(remote.stateOf(ann)).toBe('idle');
    remote.hear('b', { userId: ann, state: 'offline' }, 3);
    expect(remote.stateOf(ann)).toBe('offline');
  });

  test('are forgotten once they were told to be away, and their rooms not before', () => {
    const remote = new RemotePeople();
    remote.hear('a', { userId: ann, state: 'active', rooms }, 0);
    remote.dropIfAway(ann);
    expect(remote.roomsOf(ann)).toEqual(rooms);
    expect(remote.hear('a', { userId: ann, state: 'offline' }, 1)).toBe(true);
    expect(remote.roomsOf(ann)).toEqual(rooms);
    expect([...remote.sharing(() => true)]).toEqual([]);
    remote.dropIfAway(ann);
    expect(remote.roomsOf(ann)).toEqual([]);
  });

  test('whose gateway fell silent are away, those of others are not', () => {
    const remote = new RemotePeople();
    remote.hear('a', { userId: ann, state: 'active', rooms }, 0);
    remote.hear('b', { userId: ann, state: 'idle' }, 10_000);
    expect(remote.expire(24_999)).toEqual([]);
    expect(remote.expire(25_000)).toEqual([ann]);
    expect(remote.stateOf(ann)).toBe('idle');
    expect(remote.expire(35_000)).toEqual([ann]);
    expect(remote.stateOf(ann)).toBe('offline');
  });

  test('share no room that they left, and are asked for again where no rooms were told', () => {
    const remote = new RemotePeople();
    expect(remote.hear('a', { userId: ann, state: 'active' }, 0)).toBe(false);
    expect(remote.hear('a', { userId: ann, state: 'active', rooms }, 1)).toBe(true);
    expect(remote.hear('a', { userId: ann, state: 'idle' }, 2)).toBe(true);
    remote.leave(ann, 'kitchen');
    expect([...remote.sharing((roomId) => roomId === 'kitchen')]).toEqual([]);
    expect([...remote.sharing((roomId) => roomId === 'lobby')]).toEqual([ann]);
  });

  test('of whom nothing is known have nothing to end', () => {
    expect(new RemotePeople().hear('a', { userId: ann, state: 'offline', rooms }, 0)).toBeUndefined();
  });
});
