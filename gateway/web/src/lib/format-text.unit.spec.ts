import { describe, expect, it } from 'vitest';
import { formatText, type TextMark } from './format-text.ts';

/** `⟦` and `⟧` in the text show the selection, before and after. */
function press(shown: string, mark: TextMark): string {
  const start = shown.indexOf('⟦');
  const end = shown.indexOf('⟧') - 1;
  const text = shown.replaceAll(/[⟦⟧]/gu, '');
  const edit = formatText(text, start, end, mark);
  const next = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  return `${next.slice(0, edit.selectStart)}⟦${next.slice(edit.selectStart, edit.selectEnd)}⟧${next.slice(edit.selectEnd)}`;
}

describe('formatting keys', () => {
  it('put marks around words and take them away again', () => {
    for (const [mark, sign] of [['bold', '**'], ['italic', '*'], ['code', '`'], ['strike', '~~']] as const) {
      expect(press('a ⟦word⟧ b', mark)).toBe(`a ${sign}⟦word⟧${sign} b`);
      expect(press(`a ${sign}⟦word⟧${sign} b`, mark)).toBe('a ⟦word⟧ b');
      expect(press(`a ⟦${sign}word${sign}⟧ b`, mark)).toBe('a ⟦word⟧ b');
    }
  });
  it('tell italic from bold', () => {
    expect(press('**⟦강조⟧**', 'italic')).toBe('***⟦강조⟧***');
    expect(press('***⟦강조⟧***', 'italic')).toBe('**⟦강조⟧**');
    expect(press('***⟦강조⟧***', 'bold')).toBe('*⟦강조⟧*');
    expect(press('*⟦강조⟧*', 'bold')).toBe('***⟦강조⟧***');
  });
  it('leave spaces outside, and open an empty pair where nothing is chosen', () => {
    expect(press('a⟦ word ⟧b', 'bold')).toBe('a **⟦word⟧** b');
    expect(press('a ⟦⟧', 'bold')).toBe('a **⟦⟧**');
    expect(press('a **⟦⟧**', 'bold')).toBe('a ⟦⟧');
  });
  it('make a block of several lines', () => {
    expect(press('see ⟦let a;\nlet b;⟧ there', 'code')).toBe('see \n```\n⟦let a;\nlet b;⟧\n```\n there');
  });
  it('ask for what a link misses', () => {
    expect(press('see ⟦docs⟧', 'link')).toBe('see [docs](⟦https://⟧)');
    expect(press('⟦https://example.org/a⟧', 'link')).toBe('[⟦⟧](https://example.org/a)');
  });
});
