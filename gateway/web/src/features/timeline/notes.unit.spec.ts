import type { NoteView } from '@parley/contracts/queries/views';
import { roomEvents } from '@parley/contracts/rooms/events';
import { expect, it } from 'vitest';
import { en } from '../../i18n/en.ts';
import { ko } from '../../i18n/ko.ts';
import { noteText } from './note-text.ts';

const note = (type: string): NoteView => ({ type, by: 'ann', userId: 'bob', role: 'moderator', text: 'new', n: 1, at: '', roomId: 'r', afterOrdinal: 0 }) as unknown as NoteView;

it('has words in every language for every event of a room', () => {
  for (const words of [en, ko]) {
    for (const { type } of roomEvents) expect(noteText(note(type), words, (id) => id), type).not.toBe(words.note.other);
    expect(noteText(note('room.painted'), words, (id) => id)).toBe(words.note.other);
  }
});
