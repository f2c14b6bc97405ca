import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { type CodePart, partsOf } from './code-parts.ts';

// Thirteen languages and their other names (js, ts, html, sh, py, c …); TypeScript's grammar reads JavaScript too.
for (const [name, grammar] of Object.entries({ bash, cpp, css, diff, go, java, json, python, rust, sql, typescript, xml, yaml })) hljs.registerLanguage(name, grammar);
hljs.registerAliases(['js', 'javascript', 'jsx', 'mjs'], { languageName: 'typescript' });
hljs.registerAliases(['c', 'h'], { languageName: 'cpp' });
hljs.registerAliases(['shell', 'console'], { languageName: 'bash' });

/** A block of code in coloured parts; undefined for a language that is not among the known. Its letters never change. */
export function colourCode(text: string, language: string): readonly CodePart[] | undefined {
  if (!hljs.getLanguage(language)) return undefined;
  const parts = partsOf(hljs.highlight(text, { language, ignoreIllegals: true }).value);
  return parts.map((part) => part.text).join('') === text ? parts : undefined;
}
