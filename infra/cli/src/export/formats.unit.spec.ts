import { expect, test } from 'vitest';
import { csvCell } from './formats.ts';

test.each([
  [undefined, ''], ['', '""'], ['plain', 'plain'], ['a,b', '"a,b"'], ['say "hi"', '"say ""hi"""'], ['two\nlines', '"two\nlines"'], [true, 'true'], [-5, '-5'], [[1, 2], '"[1,2]"'],
])('%j is the field %s', (value, field) => expect(csvCell(value, false)).toBe(field));

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1'])('%j is no formula any more', (text) => {
  expect(csvCell(text, true).replace(/^"/, '')).toMatch(/^'/);
  expect(csvCell(text, false).replace(/^"/, '')).not.toMatch(/^'/);
});
