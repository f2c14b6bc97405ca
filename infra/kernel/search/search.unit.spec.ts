import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentOf, type SearchRow } from './document.ts';
import { highlightsOf } from './highlight.ts';
import { matches } from './match.ts';
import { coreOf, keysOfTerm, parseQuery } from './parse-query.ts';
import { scoreOf } from './rank.ts';
import { gramsOf, isDense, keysOf, stemOf, tokensOf, wordsOf } from './tokens.ts';

/** Any characters of the basic plane and pairs beyond it: quicker to make than by fast-check's own table of all. */
const anyText = fc.array(fc.integer({ min: 1, max: 0xffff }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes).toWellFormed());
const found = (query: string, text: string): boolean => matches(parseQuery(query), wordsOf(text));
const marked = (query: string, text: string): string[] => highlightsOf(parseQuery(query), text).map(({ start, end }) => text.slice(start, end));

describe('words', () => {
  test.each([
    ['Ｃａｆé CAFÉ cafe\u0301', ' cafe cafe cafe '],
    ['apt-get install foo_bar', ' apt get install foo bar '],
    ['git에서 브랜치를', ' git 에서 브랜치를 '],
    ['https://example.com/a?b=1', ' https example com a b 1 '],
    ['\u1112\u1161\u11ab\u1100\u1173\u11af', ' 한글 '],
    ['eth0 192.168.0.1 日本語', ' eth0 192 168 0 1 日本語 '],
    ['👍 … !!!', ''],
  ])('of %s', (text, words) => expect(wordsOf(text)).toBe(words));

  test('are those of the tokens, whatever the text is of', () => {
    const usual = fc.string({ unit: fc.constantFrom(...'aZ09_- ’…\n가힣글é한Ａ日ー½\u0301\u1112\u11ab\u200d\u2071'.split(''), '👍'), maxLength: 30 });
    fc.assert(fc.property(fc.oneof(anyText, usual), (text) => {
      expect(wordsOf(text).split(' ').filter((word) => word !== '')).toEqual(tokensOf(text).map((token) => token.text));
    }), { numRuns: 300 });
  });

  test('stand where they stood', () => {
    fc.assert(fc.property(anyText, (text) => {
      const places = tokensOf(text).flatMap(({ start, end }) => [start, end]);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places.every((place) => place >= 0 && place <= text.length)).toBe(true);
    }), { numRuns: 50 });
  });

  test('keys hold nothing that an array or a pattern would need to escape', () => {
    fc.assert(fc.property(anyText, (text) => {
      expect(keysOf(wordsOf(text)).filter((key) => !/^\^?[\p{L}\p{N}\p{M}ー]+$/u.test(key))).toEqual([]);
    }), { numRuns: 50 });
  });

  test('stems and pairs', () => {
    expect(['mounting', 'mounted', 'mounts'].map(stemOf)).toEqual(['mount', 'mount', 'mount']);
    expect(stemOf('x'.repeat(500))).toHaveLength(64);
    expect(gramsOf('검색을')).toEqual(['^검', '검색', '색을']);
    expect(isDense('검색')).toBe(true);
    expect(isDense('git')).toBe(false);
  });
});

describe('what is typed', () => {
  test.each([
    ['"open quote', [{ kind: 'phrase', words: [{ text: 'open', dense: false }, { text: 'quote', dense: false }] }], []],
    ['ubun* -windows', [{ kind: 'prefix', text: 'ubun' }], [{ kind: 'word', text: 'windows', stem: 'window' }]],
    ['how to mount', [{ kind: 'word', text: 'how', stem: 'how' }, { kind: 'word', text: 'mount', stem: 'mount' }], []],
    ['not working', [{ kind: 'word', text: 'not', stem: 'not' }, { kind: 'word', text: 'working', stem: 'work' }], []],
    ['to be', [{ kind: 'word', text: 'to', stem: 'to' }, { kind: 'word', text: 'be', stem: 'be' }], []],
    ['--decode', [{ kind: 'word', text: 'decode', stem: 'decod' }], []],
    ['메시지를', [{ kind: 'dense', text: '메시지를', core: '메시지' }], []],
    ['git에서', [{ kind: 'phrase', words: [{ text: 'git', dense: false }] }], []],
    ['*ing a* "" - * "*"', [{ kind: 'word', text: 'ing', stem: 'ing' }], []],
    ['_exists_:text OR {"script":1}', expect.any(Array), []],
  ])('%s', (typed, must, not) => expect(parseQuery(typed)).toEqual({ must, not }));

  test.each([['검색했습니다', '검색'], ['설치하려면', '설치'], ['서버에서', '서버'], ['파일을', '파일'], ['집에', '집에'], ['고양이', '고양'], ['나', '나'], ['eth', 'eth']])('%s without its ending is %s', (word, core) => expect(coreOf(word)).toBe(core));

  test('nothing that can be typed breaks it', () => {
    fc.assert(fc.property(anyText, (typed) => {
      const { must, not } = parseQuery(typed);
      expect([...must, ...not].flatMap(keysOfTerm).filter((key) => !/^\^?[\p{L}\p{N}\p{M}ー]+$/u.test(key))).toEqual([]);
    }), { numRuns: 50 });
  });
});

describe('what matches', () => {
  test.each([
    ['mount', 'I was mounting it'], ['"apt-get update"', 'sudo apt-get update first'], ['apt-get', 'try apt get'], ['검색', '재검색했습니다'], ['메시지를', '메시지가 왔다'],
    ['집', '집에 가자'], ['ubun*', 'Ubuntu rules'], ['"파일 시스템"', '텍스트파일 시스템을'], ['git에서', 'use git'], ['한글 -영어', '한글만 쓴다'], ['cafe', 'Café'],
  ])('%s in %s', (query, text) => expect(found(query, text)).toBe(true));
  test.each([
    ['art', 'start'], ['"update apt"', 'apt update'], ['mount ntfs', 'mount it'], ['-mount', 'mounting'], ['집', '우리집'], ['"파일 시스템"', '파일과 시스템'], ['검색', '검사와 색칠'],
  ])('%s not in %s', (query, text) => expect(found(query, text)).toBe(false));

  test('a text is found by each of its words', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z가-힣 .,:_-]{1,60}$/u), (text) => {
      for (const { text: word } of tokensOf(text)) expect(found(`"${word}"`, text)).toBe(true);
    }), { numRuns: 50 });
  });
});

describe('what is marked', () => {
  test.each([
    ['mount', 'Mounting, then MOUNT again', ['Mounting', 'MOUNT']],
    ['메시지를', '내 메시지를 메시지로', ['메시지를', '메시지']],
    ['"apt-get update"', 'sudo apt-get update && apt-get', ['apt-get update']],
    ['"파일 시스템"', '텍스트파일 시스템을', ['파일 시스템']],
    ['cafe', 'a Cafe\u0301!', ['Cafe\u0301']],
    ['검색 색했', '검색했다', ['검색했']],
    ['-no', 'no', []],
  ])('%s', (query, text, ranges) => expect(marked(query, text)).toEqual(ranges));
});

test('better matches come first', () => {
  const score = (query: string, text: string, ageDays = 0): number => scoreOf(parseQuery(query), wordsOf(text), ageDays * 86_400_000);
  expect(score('mount drive', 'how to mount drive')).toBeGreaterThan(score('mount drive', 'drive it, then mount'));
  expect(score('mount', 'mount')).toBeGreaterThan(score('mount', 'mounting'));
  expect(score('mount', 'mount', 0)).toBeGreaterThan(score('mount', 'mount', 300));
  expect(score('mount', 'mount', 300)).toBeGreaterThan(score('mount', 'mounting', 0));
});

test('what is not shown leaves no word, and wins over what was shown at the same revision', () => {
  const row: SearchRow = { room_id: 'r', n: 5, message_id: 'm', author: 'a', at: '2026-01-01T00:00:00.000Z', sent_at: '2004-01-01T00:00:00Z', state: 'shown', text: 'Secret link', revision: 7, has_link: true, reply_id: null };
  expect(documentOf(row)).toMatchObject({ version: 14, shown: true, words: ' secret link ', link: true, said: Date.parse('2004-01-01T00:00:00Z') });
  for (const gone of [documentOf({ ...row, state: 'erased', text: null }), documentOf(row, true)]) expect(gone).toMatchObject({ version: 15, shown: false, words: '', link: false });
});
