import { describe, expect, it } from 'vitest';
import { emojiOnly, parseMarkdown, plainText } from './markdown.ts';

const jiyoung = '0190a1b2-0000-7000-8000-000000000001';
const inline = (text: string) => {
  const [block] = parseMarkdown(text);
  return block?.type === 'paragraph' ? block.children : [];
};

describe('markdown', () => {
  it('never lets HTML through', () => {
    expect(inline('<img src=x onerror=alert(1)> <b>x</b>')).toEqual([{ type: 'text', text: '<img src=x onerror=alert(1)> <b>x</b>' }]);
  });
  it('refuses links that are not http, https or mailto', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '//evil.example']) {
      expect(inline(`[x](${url})`).some((node) => node.type === 'link'), url).toBe(false);
    }
  });
  it('names the host when the label is not the address', () => {
    expect(inline('[bank](https://evil.example/a)')).toEqual([
      { type: 'link', href: 'https://evil.example/a', host: 'evil.example', children: [{ type: 'text', text: 'bank' }] },
    ]);
    expect(inline('see https://example.org/a.')).toMatchObject([{ type: 'text' }, { type: 'link', href: 'https://example.org/a', host: undefined }, { text: '.' }]);
  });
  it('leaves file names alone', () => {
    expect(inline('open README.md or main.rs')).toEqual([{ type: 'text', text: 'open README.md or main.rs' }]);
  });
  it('makes Korean bold next to a particle', () => {
    expect(inline('**강조(설명)**은')).toMatchObject([{ type: 'strong', children: [{ text: '강조(설명)' }] }, { type: 'text', text: '은' }]);
  });
  it('reads mentions, and only well-formed ones', () => {
    expect(inline(`<@${jiyoung}>님 <@nobody>`)).toEqual([{ type: 'mention', userId: jiyoung }, { type: 'text', text: '님 <@nobody>' }]);
    expect(inline(`\`<@${jiyoung}>\``)).toEqual([{ type: 'code', text: `<@${jiyoung}>` }]);
  });
  it('keeps line breaks, lists, quotes and code', () => {
    expect(inline('a\nb')).toEqual([{ type: 'text', text: 'a' }, { type: 'break' }, { type: 'text', text: 'b' }]);
    expect(parseMarkdown('- a\n- b\n\n> q\n\n```ts\nlet a = 1;\n```')).toMatchObject([
      { type: 'list', ordered: false, items: [[{ type: 'paragraph' }], [{ type: 'paragraph' }]] },
      { type: 'quote', children: [{ type: 'paragraph' }] },
      { type: 'code-block', language: 'ts', text: 'let a = 1;' },
    ]);
    expect(parseMarkdown('3. c\n4. d')).toMatchObject([{ type: 'list', ordered: true, start: 3 }]);
  });
  it('does not turn # or indentation into something else', () => {
    expect(inline('# not a heading')).toEqual([{ type: 'text', text: '# not a heading' }]);
    expect(parseMarkdown('    indented')[0]?.type).toBe('paragraph');
  });
  it('gives one plain line', () => {
    expect(plainText(`**hi** <@${jiyoung}>\n> q`, () => '지영')).toBe('hi 지영 q');
  });
  it('knows messages of emoji alone', () => {
    expect(emojiOnly('🎉🎉')).toBe(true);
    expect(emojiOnly('👩‍💻 🇰🇷')).toBe(true);
    expect(emojiOnly('1')).toBe(false);
    expect(emojiOnly('🎉 yes')).toBe(false);
  });
});
