import { useEffect, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { ProblemLine } from '../../ui/problem.tsx';
import type { Opening } from './use-opening.ts';

const wordsAfterMs = 5_000;

/** Nothing for 150 ms (by its style), then shapes of rows, and words after 5 s. */
export function RoomLoading({ opening, onRetry }: { readonly opening: Opening; readonly onRetry: () => void }) {
  const words = useWords();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), wordsAfterMs);
    return () => clearTimeout(timer);
  }, []);
  if (opening.phase === 'failed') return <div className="timeline-problem"><ProblemLine trouble={opening.trouble} onRetry={onRetry} /></div>;
  return (
    <div className="timeline-loading delayed" role="status" aria-label={words.room.loading}>
      {[58, 82, 40, 71, 64, 35, 76].map((width, index) => (
        <div key={index} className="row-unloaded">
          <div className="skeleton" />
          <div><div className="skeleton" style={{ width: `${14 + (index % 3) * 4}%` }} /><div className="skeleton" style={{ width: `${width}%` }} /></div>
        </div>
      ))}
      {slow && <p className="quiet">{words.room.slow}</p>}
    </div>
  );
}
