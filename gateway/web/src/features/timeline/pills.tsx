import { messageOf } from '@parley/client/selectors';
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { momentLabel } from '../../lib/days.ts';
import { saidAt } from '../../lib/row-layout.ts';
import { countLabel } from '../rooms/room-list-model.ts';
import type { TimelineModel } from './use-timeline-model.ts';

type Props = {
  readonly model: TimelineModel; readonly dividerOrdinal: number | undefined; readonly atEnd: boolean; readonly unseen: number;
  readonly onDivider: () => void; readonly onEnd: () => void; readonly onRead: () => void;
};

const countedMax = 1_000;

/** Messages of others from an ordinal on, counted up to a thousand. */
function othersFrom(model: TimelineModel, ordinal: number): number {
  let count = 0;
  for (let each = ordinal; each <= model.last && count < countedMax; each += 1) {
    if (model.entry && messageOf(model.entry, each)?.author !== model.me) count += 1;
  }
  return count;
}

/** Ways back to what is new: above, the line at which the room was entered; below, the end. */
export function Pills({ model, dividerOrdinal, atEnd, unseen, onDivider, onEnd, onRead }: Props) {
  const words = useWords();
  const locale = useLocale();
  const firstNew = dividerOrdinal === undefined || !model.entry ? undefined : messageOf(model.entry, dividerOrdinal);
  const since = firstNew && momentLabel(saidAt(firstNew), locale);
  return (
    <>
      {dividerOrdinal !== undefined && since && (
        <div className="pill top">
          <button type="button" onClick={onDivider}><ArrowUp size={14} aria-hidden="true" />{words.pill.newSince(countLabel(othersFrom(model, dividerOrdinal)), since)}</button>
          <button type="button" aria-label={words.pill.markRead} title={words.pill.markRead} onClick={onRead}><X size={14} /></button>
        </div>
      )}
      {!atEnd && (
        <div className="pill bottom">
          <button type="button" className={unseen > 0 ? 'fresh' : ''} onClick={onEnd}><ArrowDown size={14} aria-hidden="true" />{unseen > 0 ? words.pill.newBelow(unseen) : words.pill.latest}</button>
        </div>
      )}
    </>
  );
}
