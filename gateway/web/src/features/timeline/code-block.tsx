import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import type { CodePart } from '../../lib/code-parts.ts';
import { Lru } from '../../lib/lru.ts';
import { whenIdle } from '../../lib/when-idle.ts';

const colouredMax = 200;
const coloured = new Lru<string, readonly CodePart[]>(colouredMax);

/** Coloured parts of a block, once there is time for them; colour changes no size, so nothing moves. */
function useColours(text: string, language: string): readonly CodePart[] | undefined {
  const key = `${language}\n${text}`;
  const [, redraw] = useState(0);
  const known = coloured.get(key);
  const wanted = language !== '' && known === undefined;
  useEffect(() => {
    if (!wanted) return undefined;
    let alive = true;
    const stop = whenIdle(() => {
      // Loaded with the first block of code; without it the block stays as it is.
      import('../../lib/highlighter.ts').then(({ colourCode }) => {
        coloured.set(key, colourCode(text, language) ?? [{ text, kind: undefined }]);
        if (alive) redraw((count) => count + 1);
      }, () => undefined);
    });
    return () => {
      alive = false;
      stop();
    };
  }, [wanted, key, text, language]);
  return known;
}

export function CodeBlock({ language, text }: { readonly language: string; readonly text: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const parts = useColours(text, language);
  return (
    <div className="code-block">
      {language && <span className="code-language">{language}</span>}
      <button
        type="button" className="code-copy" aria-label={words.row.copyCode} title={words.row.copyCode}
        onClick={() => {
          navigator.clipboard.writeText(text).then(() => setCopied(true), () => setCopied(false));
        }}
      >
        {copied ? <Check size={14} /> : <Copy size={14} />}
      </button>
      <pre dir="ltr" tabIndex={0} role="region" aria-label={language ? `${words.row.code}, ${language}` : words.row.code}>
        <code>{parts ? parts.map((part, index) => (part.kind ? <span key={index} className={`code-${part.kind}`}>{part.text}</span> : part.text)) : text}</code>
      </pre>
    </div>
  );
}
