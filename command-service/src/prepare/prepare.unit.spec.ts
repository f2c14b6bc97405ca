import { CommandId, timestampOf } from '@parley/contracts/ids';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '@parley/contracts/canonical-json';
import { derivedId } from './derived-id.ts';
import { claimedForm } from './name-rule.ts';
import { factsOf } from './text-facts.ts';

describe('canonical JSON', () => {
  test('is the example of RFC 8785, §3.2.3, in its order of members', () => {
    const value = { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew Letter Dalet With Dagesh', '1': 'One', '\ud83d\ude00': 'Emoji: Grinning Face', '\u0080': 'Control', '\u00f6': 'Latin Small Letter O With Diaeresis' };
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object)).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
    expect(canonicalJson({ b: [1e21, 0.002, -0, true, null], a: { y: 'x', x: undefined } })).toBe('{"a":{"y":"x"},"b":[1e+21,0.002,0,true,null]}');
  });
  test.each([1, 2, 16, 17, 40])('sorts %d members alike, few or many', (count) => {
    const names = Array.from({ length: count }, (_, index) => `m${(index * 7_919) % 1_000}`);
    const expected = `{${names.toSorted().map((name) => `"${name}":1`).join(',')}}`;
    expect(canonicalJson(Object.fromEntries(names.map((name) => [name, 1])))).toBe(expected);
  });
  test('does not depend on the order in which members were written, and loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const reversed = JSON.parse(JSON.stringify(plain), (_key, each: unknown) =>
          each !== null && typeof each === 'object' && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).toReversed()) : each) as unknown;
        expect(canonicalJson(reversed)).toBe(canonicalJson(plain));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });
});

describe('facts of a text', () => {
  const ann = '01900000-0000-7000-8000-000000000001';
  test.each([['see https://example.org/x', true], ['HTTP://EXAMPLE.ORG', true], ['https:// nothing', false], ['no link', false]])('%s', (text, hasLink) =>
    expect(factsOf(text).hasLink).toBe(hasLink));
  test('mentions are ids, each once', () => expect(factsOf(`<@${ann}> and <@${ann}> and <@somebody>`).mentions).toEqual([ann]));
  test('mentions are bounded', () => {
    const many = Array.from({ length: 80 }, (_, index) => `<@01900000-0000-7000-8000-${String(index).padStart(12, '0')}>`).join(' ');
    expect(factsOf(many).mentions).toHaveLength(50);
  });
});

describe('names that are one', () => {
  test.each([
    ['Maria', 'maria'], ['MARIA', 'ｍａｒｉａ'], ['Maria  Kim', 'maria kim'], ['Maria', 'M\u200baria'], ['paypal', 'раураl'], ['Bob0', 'bobO'], ['김철수', '김철수'.normalize('NFD')],
  ])('%s and %s', (one, other) => expect(claimedForm(one)).toBe(claimedForm(other)));
  test.each([['Maria', 'Mario'], ['김철수', '김철우'], ['a b', 'ab']])('but not %s and %s', (one, other) => expect(claimedForm(one)).not.toBe(claimedForm(other)));
  test('a name that nobody can see is none', () => expect(claimedForm('\u200b\u2060')).toBeUndefined());
});

describe('derived ids', () => {
  const cause = '01900000-0000-7000-8000-000000000900';
  test('are canonical UUIDv7 of the cause’s time', () => {
    const id = derivedId(1_760_000_000_123, cause, 'take');
    expect(CommandId.safeParse(id).success).toBe(true);
    expect(timestampOf(id)).toBe(1_760_000_000_123);
  });
  test('are the same for the same step and no other', () => {
    expect(derivedId(1, cause, 'take')).toBe(derivedId(1, cause, 'take'));
    expect(derivedId(1, cause, 'take')).not.toBe(derivedId(1, cause, 'finish'));
  });
});
