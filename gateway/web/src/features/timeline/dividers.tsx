import { useEffect, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { dayLabel, fullLabel, msToMidnight } from '../../lib/days.ts';

/** Draws again when the day changes here, so that Today becomes Yesterday. */
function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), msToMidnight(now) + 50);
    const seen = (): void => setNow(Date.now());
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [now]);
  return now;
}

export function DayDivider({ at }: { readonly at: string }) {
  const locale = useLocale();
  const now = useToday();
  return (
    <div className="day-divider">
      <time dateTime={at} title={fullLabel(at, locale)}>{dayLabel(at, now, locale)}</time>
    </div>
  );
}

/** Keeps its height when it is cleared, so that nothing moves. */
export function UnreadDivider({ cleared }: { readonly cleared: boolean }) {
  const words = useWords();
  return <div className={cleared ? 'unread-divider cleared' : 'unread-divider'}>{!cleared && <span>{words.row.newMessages}</span>}</div>;
}
