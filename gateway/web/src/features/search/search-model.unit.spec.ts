import * as contract from '@parley/contracts/queries/search';
import { describe, expect, it } from 'vitest';
import { beginningOf, dayBefore, filterToken, paramsOf, searchTextCharsMax, typedDay, withFilter } from './search-model.ts';
import { snippetOf } from './snippet.ts';

const token = (text: string) => filterToken(text.replace('|', ''), text.indexOf('|'));
const ann = { type: 'from', userId: 'u1', label: 'Ann' } as const;

describe('filters being typed', () => {
  it('are found before the caret, in English and Korean', () => {
    expect(token('hello from:지| more')).toEqual({ kind: 'from', query: '지', start: 6 });
    expect(token('방:서울|')).toEqual({ kind: 'in', query: '서울', start: 0 });
    expect(token('has:|')).toEqual({ kind: 'has', query: '', start: 0 });
    expect(token('Before:2026|')?.kind).toBe('before');
  });
  it('are not found in quotes, in other words or away from the caret', () => {
    for (const text of ['"from:a|', 'https://x|', 'from:ann |', 'xfrom:a|', 'constructor:x|', 'fr|om:a']) expect(token(text), text).toBeUndefined();
  });
  it('replace one of their kind', () => {
    expect(withFilter([ann, { type: 'link' }], { ...ann, userId: 'u2' })).toEqual([{ type: 'link' }, { ...ann, userId: 'u2' }]);
  });
});

describe('days', () => {
  it('are read as people type them', () => {
    expect([typedDay('2026-11-20'), typedDay('2026.3.1'), typedDay('2026/11'), typedDay('2026')]).toEqual(['2026-11-20', '2026-03-01', '2026-11-01', '2026-01-01']);
    expect([typedDay('2026-13-01'), typedDay('2026-02-30'), typedDay('20'), typedDay('soon')]).toEqual([undefined, undefined, undefined, undefined]);
  });
  it('begin at midnight here', () => {
    expect(new Date(beginningOf('2026-11-20')).getHours()).toBe(0);
    expect(dayBefore(new Date(2026, 2, 1, 12).getTime(), 1)).toBe('2026-02-28');
  });
});

describe('what the service is asked', () => {
  it('is nothing until there is a word or a filter', () => {
    for (const text of ['', '  ', '"', '-']) expect(paramsOf(text, [], 'best'), text).toBeUndefined();
    expect(paramsOf('', [{ type: 'link' }], 'newest')).toEqual({ order: 'newest', hasLink: 'true' });
  });
  it('holds words, phrases and every filter', () => {
    expect(paramsOf(' 배포  "exact words" ', [ann, { type: 'in', roomId: 'r1', label: 'general' }, { type: 'before', day: '2026-11-20' }, { type: 'after', day: '2026-11-01' }], 'best')).toEqual({
      order: 'best', q: '배포 "exact words"', from: 'u1', room: 'r1', until: beginningOf('2026-11-20'), since: beginningOf('2026-11-01'),
    });
    expect(paramsOf('🎉', [], 'best')?.q).toBe('🎉');
    expect(paramsOf('a'.repeat(400), [], 'best')?.q).toHaveLength(searchTextCharsMax);
  });
  it('keeps to the contract', () => {
    expect(searchTextCharsMax).toBe(contract.searchTextCharsMax);
    const id = '0190a1b2-0000-7000-8000-000000000001';
    const params = paramsOf('x', [{ type: 'from', userId: id, label: '' }, { type: 'in', roomId: id, label: '' }, { type: 'after', day: '2026-11-01' }, { type: 'link' }], 'newest');
    expect(contract.search.params.safeParse(params).success).toBe(true);
  });
});

describe('pieces of messages', () => {
  const shown = (text: string, ranges: readonly { start: number; end: number }[], max = 240) => snippetOf(text, ranges, max, () => '지영').map(({ text: part, hit }) => (hit ? `[${part}]` : part)).join('');
  it('mark what was found, and name people', () => {
    expect(shown('오늘 배포합니다\n곧', [{ start: 3, end: 5 }])).toBe('오늘 [배포]합니다 곧');
    expect(shown('hi <@0190a1b2-0000-7000-8000-000000000001> bye', [{ start: 0, end: 2 }])).toBe('[hi] @지영 bye');
  });
  it('begin near the first hit and end within the bound', () => {
    const text = `${'word '.repeat(100)}needle ${'tail '.repeat(100)}`;
    const piece = shown(text, [{ start: 500, end: 506 }], 120);
    expect(piece).toMatch(/^…(word )+\[needle\] (tail )*/u);
    expect(piece.endsWith('…')).toBe(true);
    expect(piece.length).toBeLessThan(130);
  });
  it('never split a character', () => {
    const text = '🎉'.repeat(200);
    expect(shown(text, [{ start: 201, end: 202 }], 51)).not.toMatch(/(?:^|[^\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/u);
  });
});
