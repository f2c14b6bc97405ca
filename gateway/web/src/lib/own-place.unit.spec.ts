import { expect, it } from 'vitest';
import { ownPlace } from './own-place.ts';

const origin = 'https://chat.example.org';
it('knows links to rooms and messages of this page, and no others', () => {
  expect(ownPlace(`${origin}/rooms/0190a1b2-0000-7000-8000-000000000001`, origin)).toEqual({ roomId: '0190a1b2-0000-7000-8000-000000000001', ordinal: undefined });
  expect(ownPlace(`${origin}/rooms/abc/12`, origin)).toEqual({ roomId: 'abc', ordinal: 12 });
  for (const other of ['https://evil.example/rooms/abc', `${origin}/docs`, `${origin}/rooms/abc/0`, `${origin}/rooms/a%2Fb`, `${origin}/rooms/abc?x=1`, 'mailto:a@b.c', 'not a link', `${origin}@evil.example/rooms/abc`]) {
    expect(ownPlace(other, origin), other).toBeUndefined();
  }
});
