import type { NoteView } from '@parley/contracts/queries/views';
import { memo, useState } from 'react';
import { useLocale, useWords } from '../../i18n/use-words.ts';
import { timeLabel } from '../../lib/days.ts';
import { useNames } from '../../sync/chat.tsx';
import { noteText } from './note-text.ts';

/** More changes than this in one place are folded. */
const notesShownMax = 4;

/** Changes between two messages, quiet and small; many are folded to the newest. */
export const Notes = memo(function Notes({ notes }: { readonly notes: readonly NoteView[] }) {
  const words = useWords();
  const locale = useLocale();
  const nameOf = useNames();
  const [open, setOpen] = useState(false);
  const folded = !open && notes.length > notesShownMax;
  const shown = folded ? notes.slice(1 - notesShownMax) : notes;
  return (
    <div className="notes">
      {folded && <button type="button" className="note more" onClick={() => setOpen(true)}>{words.note.more(notes.length - shown.length)}</button>}
      {shown.map((note) => (
        <p key={note.n} className="note" data-note={note.type}>
          <span dir="auto">{noteText(note, words, nameOf)}</span>
          <time dateTime={note.at}>{timeLabel(note.at, locale)}</time>
        </p>
      ))}
    </div>
  );
}, (before, after) => before.notes.length === after.notes.length && before.notes.every((note, index) => note === after.notes[index]));
