import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { eventDefinition, upcast } from '@parley/contracts/registry/events';
import { quickShape } from './quick-shape.ts';

/**
 * Goal: the quick test never says yes where zod says no. Method: every event that was ever stored, spoilt in each of its
 * fields with each of many values; the quick test may refuse what zod takes, never the other way round.
 */
const folder = new URL('../../../../contracts/fixtures/', import.meta.url);
const fixtures = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json')).flatMap((file) => {
  const value = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as StoredEvent | readonly StoredEvent[];
  return Array.isArray(value) ? (value as StoredEvent[]) : [value as StoredEvent];
});
const odd: readonly unknown[] = [
  undefined, null, '', 'x', 0, 1, -1, 0.5, 2 ** 53, Number.NaN, true, false, [], ['x'], [[]], {}, { n: 1 }, 'a'.repeat(10_000), '\u0000', '\ud800', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00.000Z',
  '0190a3b0-1111-7000-8000-000000000001', '0190A3B0-1111-7000-8000-000000000001', '0190a3b0-1111-7000-8000-000000000001\n', Array.from({ length: 1_000 }, () => '0190a3b0-1111-7000-8000-000000000001'), { messageId: '0190a3b0-1111-7000-8000-000000000001', n: 0 },
];

function* spoilt(value: unknown): Generator {
  yield* odd;
  if (typeof value !== 'object' || value === null) return;
  for (const key of [...Object.keys(value), 'unknown']) {
    for (const bad of spoilt((value as Record<string, unknown>)[key])) yield Array.isArray(value) ? Object.assign([...(value as unknown[])], { [key]: bad }) : { ...value, [key]: bad };
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
}

test('the events of the fixtures are taken quickly, but for few kinds', () => {
  const left = new Set(fixtures.map((event) => upcast(event)).filter(({ type, data }) => quickShape(eventDefinition(type)!.data)?.(data) !== true).map(({ type }) => type));
  expect(fixtures.length).toBeGreaterThan(20);
  expect([...left].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['message.reacted', 'message.unreacted']);
});

test('what the quick test takes, zod takes', () => {
  let compared = 0;
  for (const event of fixtures.map((each) => upcast(each))) {
    const schema = eventDefinition(event.type)!.data;
    const quick = quickShape(schema);
    if (!quick) continue;
    for (const value of spoilt(event.data)) {
      compared += 1;
      if (quick(value) && !schema.safeParse(value).success) expect.unreachable(`${event.type}: ${JSON.stringify(value)?.slice(0, 200)}`);
    }
  }
  expect(compared).toBeGreaterThan(1_000);
});

describe('what is not known is left to zod', () => {
  test.each<[string, z.ZodType]>([
    ['a refinement', z.string().refine((text) => text !== 'x')], ['a transformation', z.string().transform(Number)], ['a union', z.union([z.string(), z.boolean()])], ['a strict object', z.strictObject({ a: z.boolean() })],
    ['a number that may be broken', z.number()], ['a coercion', z.coerce.boolean()], ['a default', z.string().default('x')], ['a record', z.record(z.string(), z.boolean())], ['a pattern with memory', z.string().regex(/a/g)],
    ['a change of the text', z.string().trim()], ['an object with such a field', z.object({ a: z.object({ b: z.string().trim() }) })],
  ])('%s', (_, schema) => expect(quickShape(schema)).toBeUndefined());
});
