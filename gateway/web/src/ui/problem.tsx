import type { Problem } from '@parley/contracts/problems/codes';
import { CircleAlert } from 'lucide-react';
import { useWords } from '../i18n/use-words.ts';
import { troubleText } from '../sync/trouble.ts';

/** What failed, what to do about it, and the code to tell somebody who can help. */
export function ProblemLine({ trouble, onRetry }: { readonly trouble: Problem; readonly onRetry?: () => void }) {
  const words = useWords();
  return (
    <div className="problem" role="alert">
      <CircleAlert size={16} />
      <span>{troubleText(trouble, words)}</span>
      <small>
        {words.error.code(trouble.code)}
        {trouble.instance && ` · ${words.error.request(trouble.instance)}`}
        {onRetry && <button type="button" onClick={onRetry}>{words.error.again}</button>}
      </small>
    </div>
  );
}
