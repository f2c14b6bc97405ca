import { describe, expect, it } from 'vitest';
import { partsOf } from './code-parts.ts';
import { colourCode } from './highlighter.ts';

const kindOf = (text: string, language: string, part: string) => colourCode(text, language)?.find((one) => one.text.includes(part))?.kind;

describe('colours of code', () => {
  it('tell keywords, strings, numbers, comments and names apart', () => {
    const code = "const answer = ask(42, 'life'); // 주석";
    expect(kindOf(code, 'ts', 'const')).toBe('keyword');
    expect(kindOf(code, 'ts', '42')).toBe('number');
    expect(kindOf(code, 'ts', 'life')).toBe('string');
    expect(kindOf(code, 'js', '주석')).toBe('comment');
    expect(kindOf('def f():\n  return None', 'python', 'def')).toBe('keyword');
    expect(kindOf('+ added\n- gone', 'diff', 'added')).toBe('added');
  });
  it('never change a letter, also of what looks like markup', () => {
    for (const code of ['if (a < b && c > "d") `${x}`', '<img src=x onerror="alert(1)">&amp;</span>', "it's\n\ttabbed"]) {
      for (const language of ['ts', 'html', 'bash', 'sql', 'c']) expect(colourCode(code, language)?.map(({ text }) => text).join(''), `${language}: ${code}`).toBe(code);
    }
  });
  it('leave unknown languages alone', () => {
    expect(colourCode('x', 'brainfog')).toBeUndefined();
  });
  it('read nested spans by the innermost that means something', () => {
    expect(partsOf('<span class="hljs-string">&quot;a <span class="hljs-subst">b</span> c&quot;</span>d')).toEqual([
      { text: '"a ', kind: 'string' }, { text: 'b', kind: undefined }, { text: ' c"', kind: 'string' }, { text: 'd', kind: undefined },
    ]);
  });
});
