import { describe, expect, test } from 'vitest';
import { demoRooms } from './rooms.ts';
import { script } from './script.ts';

describe('a play', () => {
  test('is read into lines, answers and reactions', () => {
    const lines = script(`
      maya: Hello
      + 👋 tom, lena
      tom > maya: Hi there
    `);
    expect(lines).toEqual([
      { by: 'maya', text: 'Hello', reactions: [{ emoji: '👋', by: 'tom' }, { emoji: '👋', by: 'lena' }] },
      { by: 'tom', text: 'Hi there', answers: 0, reactions: [] },
    ]);
  });

  test.each(['nobody: Hello', 'no colon here', 'tom > maya: she has not spoken'])('refuses "%s"', (line) => {
    expect(() => script(line)).toThrow();
  });
});

describe('the demo', () => {
  test.each(demoRooms.map((room) => [room.name, room] as const))('%s: only members speak and react', (_, room) => {
    for (const line of [...room.lines, ...room.later.flat()]) {
      expect(room.members).toContain(line.by);
      for (const { by } of line.reactions) expect(room.members).toContain(by);
    }
  });
});
