import createMarkdownIt, { type MarkdownIt, type Token } from 'markdown-it';
import cjkFriendly from 'markdown-it-cjk-friendly';
import { Lru } from './lru.ts';

/** What a message's text means. No HTML anywhere: the page makes elements of these nodes itself. */
export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'break' }
  | { readonly type: 'mention'; readonly userId: string }
  | { readonly type: 'strong' | 'em' | 'strike'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly host: string | undefined; readonly children: readonly Inline[] };
export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Block[])[] }
  | { readonly type: 'code-block'; readonly language: string; readonly text: string };

const parsedMax = 600;
const mention = /<@([0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})>/y;
const allowedLink = /^(?:https?:\/\/|mailto:)[^\s]/iu;

function createParser(): MarkdownIt {
  const md = createMarkdownIt('zero', { html: false, breaks: true, linkify: true });
  // The allow-list. No headings, tables, images, raw HTML, entities or indented code: in a chat they surprise more than help.
  md.enable(['fence', 'blockquote', 'list', 'backticks', 'emphasis', 'strikethrough', 'link', 'autolink', 'newline', 'escape', 'linkify', 'balance_pairs', 'fragments_join']);
  md.use(cjkFriendly);
  md.validateLink = (url) => allowedLink.test(url);
  // Only what is written as an address: `node.rs` and `README.md` are file names far more often than hosts.
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  md.inline.ruler.before('autolink', 'mention', (state, silent) => {
    mention.lastIndex = state.pos;
    const match = mention.exec(state.src);
    if (!match) return false;
    if (!silent) state.push('mention', '', 0).content = match[1] ?? '';
    state.pos = mention.lastIndex;
    return true;
  });
  return md;
}

const parser = createParser();
const parsed = new Lru<string, readonly Block[]>(parsedMax);

/** The blocks of a message. Kept for the newest texts, because a row is made anew whenever it scrolls back into view. */
export function parseMarkdown(text: string): readonly Block[] {
  const known = parsed.get(text);
  if (known) return known;
  const blocks = blocksOf(parser.parse(text, {}));
  parsed.set(text, blocks);
  return blocks;
}

function blocksOf(tokens: readonly Token[]): readonly Block[] {
  let index = 0;
  const read = (until: string | undefined): Block[] => {
    const blocks: Block[] = [];
    while (index < tokens.length) {
      const token = tokens[index] as Token;
      index += 1;
      if (token.type === until) return blocks;
      if (token.type === 'inline') blocks.push({ type: 'paragraph', children: inlinesOf(token.children ?? []) });
      else if (token.type === 'fence') blocks.push({ type: 'code-block', language: languageName(token.info), text: token.content.replace(/\n$/u, '') });
      else if (token.type === 'blockquote_open') blocks.push({ type: 'quote', children: read('blockquote_close') });
      else if (token.type === 'bullet_list_open') blocks.push({ type: 'list', ordered: false, start: 1, items: items('bullet_list_close') });
      else if (token.type === 'ordered_list_open') blocks.push({ type: 'list', ordered: true, start: Number(token.attrGet('start') ?? 1), items: items('ordered_list_close') });
    }
    return blocks;
  };
  const items = (until: string): (readonly Block[])[] => {
    const list: (readonly Block[])[] = [];
    while (index < tokens.length) {
      const token = tokens[index] as Token;
      index += 1;
      if (token.type === until) return list;
      if (token.type === 'list_item_open') list.push(read('list_item_close'));
    }
    return list;
  };
  return read(undefined);
}

const languageName = (info: string): string => /^[\w+#.-]{1,20}/u.exec(info.trim())?.[0]?.toLowerCase() ?? '';
const marks: Readonly<Record<string, 'strong' | 'em' | 'strike'>> = { strong_open: 'strong', em_open: 'em', s_open: 'strike' };

function inlinesOf(tokens: readonly Token[]): readonly Inline[] {
  let index = 0;
  const read = (until: string | undefined): Inline[] => {
    const nodes: Inline[] = [];
    while (index < tokens.length) {
      const token = tokens[index] as Token;
      index += 1;
      if (token.type === until) return nodes;
      const mark = marks[token.type];
      if (mark) nodes.push({ type: mark, children: read(token.type.replace('_open', '_close')) });
      else if (token.type === 'link_open') nodes.push(linkNode(token, read('link_close')));
      else if (token.type === 'code_inline') nodes.push({ type: 'code', text: token.content });
      else if (token.type === 'softbreak' || token.type === 'hardbreak') nodes.push({ type: 'break' });
      else if (token.type === 'mention') nodes.push({ type: 'mention', userId: token.content });
      else if (token.content !== '') nodes.push({ type: 'text', text: token.content });
    }
    return nodes;
  };
  return read(undefined);
}

/** `host` is named where the label is not the address itself: a label must not lie about where it leads. */
function linkNode(token: Token, children: readonly Inline[]): Inline {
  const href = String(token.attrGet('href') ?? '');
  const label = plainInlines(children, () => '');
  const host = hostOf(href);
  const honest = host === undefined || label.trim() === href || token.markup === 'linkify' || token.markup === 'autolink';
  return { type: 'link', href, host: honest ? undefined : host, children };
}

function hostOf(href: string): string | undefined {
  try {
    const url = new URL(href);
    return url.protocol === 'mailto:' ? url.pathname : url.host;
  } catch {
    return undefined;
  }
}

function plainInlines(nodes: readonly Inline[], nameOf: (userId: string) => string): string {
  return nodes
    .map((node) => {
      if (node.type === 'text' || node.type === 'code') return node.text;
      if (node.type === 'break') return ' ';
      return node.type === 'mention' ? nameOf(node.userId) : plainInlines(node.children, nameOf);
    })
    .join('');
}

/** One line of plain text for quotes, announcements and previews. */
export function plainText(text: string, nameOf: (userId: string) => string): string {
  const lines = (blocks: readonly Block[]): string[] =>
    blocks.flatMap((block) => {
      if (block.type === 'paragraph') return [plainInlines(block.children, nameOf)];
      if (block.type === 'code-block') return [block.text];
      return block.type === 'quote' ? lines(block.children) : block.items.flatMap(lines);
    });
  return lines(parseMarkdown(text)).join(' ').replaceAll(/\s+/gu, ' ').trim();
}

/** Nothing but one to three emoji: shown large. */
export const emojiOnly = (text: string): boolean => /^(?:\p{RGI_Emoji}\s*){1,3}$/v.test(text.trim());
