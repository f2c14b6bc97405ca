import { memberships, queries, roomMemberIds } from '@parley/contracts/queries/queries';
import { problemCodes } from '@parley/contracts/problems/codes';
import { describe, expect, test } from 'vitest';
import { decodePage, encodePage } from './page-token.ts';
import { ProblemError, problemOf } from './problem-error.ts';
import { questions } from './questions.ts';

test('every question of the contracts is answered, once, and nothing else', () => {
  const names = questions.map(({ definition }) => definition.name).sort();
  expect(names).toEqual([...queries, memberships, roomMemberIds].map(({ name }) => name).sort());
  expect(questions.filter(({ audience }) => audience === 'system').map(({ definition }) => definition.name).sort()).toEqual(['memberships', 'room-member-ids']);
});

describe('page tokens', () => {
  test('come back as they went', () => {
    expect(decodePage(encodePage('5', 'room-1'), /^\d+$/)).toEqual({ key: '5', id: 'room-1' });
    expect(encodePage('한'.repeat(20), 'x'.repeat(64)).length).toBeLessThanOrEqual(200);
    expect(decodePage(undefined, /x/)).toBeUndefined();
  });
  test.each(['', 'AAAA', 'e30', encodePage('x', 'room'), encodePage('5', 'a.b'), Buffer.from('[1,2]').toString('base64url')])('%s is refused', (token) => {
    expect(() => decodePage(token, /^\d+$/)).toThrow(ProblemError);
  });
});

test('every error is a problem of the registry', () => {
  const code = (error: unknown) => problemOf(error).code;
  expect(code(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('unavailable');
  expect(code(Object.assign(new Error('x'), { code: '57P03' }))).toBe('unavailable');
  expect(code(Object.assign(new Error('x'), { code: '57014' }))).toBe('timeout');
  expect(code(Object.assign(new Error('x'), { code: '42703' }))).toBe('internal');
  expect(code(Object.assign(new Error('x'), { statusCode: 413 }))).toBe('too-large');
  expect(code(Object.assign(new Error('x'), { statusCode: 400 }))).toBe('malformed');
  expect(code(undefined)).toBe('internal');
  expect(problemCodes).toContain(code('anything'));
});
