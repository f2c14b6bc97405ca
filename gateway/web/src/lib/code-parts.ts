/** What colours tell apart. */
export type CodeKind = 'keyword' | 'string' | 'number' | 'comment' | 'name' | 'type' | 'added' | 'removed';
export type CodePart = { readonly text: string; readonly kind: CodeKind | undefined };

const kinds: Readonly<Record<string, CodeKind | undefined>> = {
  'hljs-keyword': 'keyword', 'hljs-selector-tag': 'keyword', 'hljs-meta': 'keyword', 'hljs-operator': 'keyword', 'hljs-name': 'keyword', 'hljs-tag': undefined,
  'hljs-string': 'string', 'hljs-regexp': 'string', 'hljs-subst': undefined, 'hljs-symbol': 'string', 'hljs-link': 'string',
  'hljs-number': 'number', 'hljs-literal': 'number', 'hljs-comment': 'comment', 'hljs-quote': 'comment', 'hljs-doctag': 'comment',
  'hljs-title': 'name', 'hljs-section': 'name', 'hljs-selector-class': 'name', 'hljs-selector-id': 'name',
  'hljs-type': 'type', 'hljs-built_in': 'type', 'hljs-class': 'type', 'hljs-attr': 'type', 'hljs-attribute': 'type', 'hljs-variable': 'type', 'hljs-template-variable': 'type', 'hljs-property': undefined,
  'hljs-addition': 'added', 'hljs-deletion': 'removed',
};
const letters: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" };
const piece = /<span class="([^"]*)">|(<\/span>)|([^<]+)/gu;

/**
 * The parts of the highlighter's answer: spans with a class around escaped text, and nothing else. It is read as text
 * and becomes elements of the page's own; it is never put into the page as HTML.
 */
export function partsOf(marked: string): readonly CodePart[] {
  const parts: CodePart[] = [];
  const open: (CodeKind | undefined)[] = [];
  for (const [, opened, closed, text] of marked.matchAll(piece)) {
    if (opened !== undefined) {
      const [name = ''] = opened.split(' ');
      open.push(Object.hasOwn(kinds, name) ? kinds[name] : open.at(-1));
    } else if (closed) open.pop();
    else if (text !== undefined) add(parts, text.replaceAll(/&(?:amp|lt|gt|quot|#x27);/gu, (escaped) => letters[escaped] ?? escaped), open.at(-1));
  }
  return parts;
}

function add(parts: CodePart[], text: string, kind: CodeKind | undefined): void {
  const last = parts.at(-1);
  if (last && last.kind === kind) parts[parts.length - 1] = { text: last.text + text, kind };
  else parts.push({ text, kind });
}
