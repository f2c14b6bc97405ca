import { describe, expect, it } from 'vitest';
import { bestMatches, languageOf, matchScore } from './hangul.ts';
import { chordOf } from './keys.ts';
import { decodeMentions, encodeMentions, mentionQuery } from './mention-text.ts';
import { hueOf, initialsOf, shownName } from './names.ts';

const jiyoung = { userId: '0190a1b2-0000-7000-8000-000000000001', name: '지영' };
const mina = { userId: '0190a1b2-0000-7000-8000-000000000002', name: 'Mina Park' };
const min = { userId: '0190a1b2-0000-7000-8000-000000000003', name: 'Mina' };

describe('matching while Hangul is composed', () => {
  it('finds by initial consonants and by half a syllable', () => {
    for (const query of ['지', '지여', '지ㅇ', 'ㅈㅇ', 'ㅈ', '지영']) expect(matchScore(query, '지영'), query).toBeGreaterThan(0);
    for (const query of ['여', 'ㅇㅈ', 'min']) expect(matchScore(query, '지후'), query).toBe(0);
  });
  it('puts better matches first and keeps the order of equal ones', () => {
    expect(bestMatches('mi', ['Remi', 'Mina', 'Mike'], (name) => [name], 5)).toEqual(['Mina', 'Mike', 'Remi']);
  });
  it('marks Korean paragraphs', () => {
    expect(languageOf('배포 끝났습니다 (v2)')).toBe('ko');
    expect(languageOf('the word 배포 means deploy')).toBeUndefined();
  });
});

describe('mentions', () => {
  it('writes markup for the longest name, also before a particle, never in code', () => {
    const people = [jiyoung, mina, min];
    expect(encodeMentions('@지영님이 @Mina Park and @Mina', people)).toBe(`<@${jiyoung.userId}>님이 <@${mina.userId}> and <@${min.userId}>`);
    expect(encodeMentions('`@지영` mail@지영', people)).toBe('`@지영` mail@지영');
    expect(encodeMentions('@Minaret', people)).toBe('@Minaret');
  });
  it('comes back as it was typed', () => {
    const markup = encodeMentions('hi @Mina Park', [mina]);
    expect(decodeMentions(markup, () => mina.name)).toEqual({ text: 'hi @Mina Park', people: [mina] });
    expect(decodeMentions(markup, () => undefined).text).toBe(markup);
  });
  it('knows where completion opens', () => {
    expect(mentionQuery('안녕 @지여', 6)).toEqual({ query: '지여', start: 3 });
    expect(mentionQuery('@', 1)).toEqual({ query: '', start: 0 });
    expect(mentionQuery('me@example', 10)).toBeUndefined();
  });
});

describe('names', () => {
  it('keeps a hue and shows fitting initials', () => {
    expect(hueOf(mina.userId)).toBe(hueOf(mina.userId));
    expect([initialsOf('김지영'), initialsOf('지영'), initialsOf('Mina Park'), initialsOf('ubottu'), initialsOf('[NikO]')]).toEqual(['지영', '지영', 'MP', 'U', '[']);
  });
  it('strips direction overrides', () => {
    expect(shownName('ad\u202Emin')).toBe('admin');
  });
});

describe('keys', () => {
  const press = (key: string, code: string, more: Partial<Record<'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey', boolean>> = {}) =>
    chordOf({ key, code, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...more });
  it('works in Hangul mode by place and on AZERTY by letter', () => {
    expect(press('ㅏ', 'KeyK', { ctrlKey: true })).toBe('mod+k');
    expect(press('Process', 'KeyR')).toBe('r');
    expect(press('a', 'KeyQ')).toBe('a');
    expect(press('K', 'KeyK', { metaKey: true })).toBe('mod+k');
  });
  it('keeps shift only where it is meant', () => {
    expect(press('?', 'Slash', { shiftKey: true })).toBe('?');
    expect(press('ArrowUp', 'ArrowUp', { altKey: true, shiftKey: true })).toBe('alt+shift+ArrowUp');
  });
});
