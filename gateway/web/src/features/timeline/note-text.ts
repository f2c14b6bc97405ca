import type { NoteView } from '@parley/contracts/queries/views';
import type { Catalogue } from '../../i18n/en.ts';
import type { NameOf } from '../../sync/chat.tsx';

/** What happened in a room besides messages, in words. */
export function noteText(note: NoteView, words: Catalogue, nameOf: NameOf): string {
  const by = nameOf(note.by);
  const who = note.userId === null ? words.person.erased : nameOf(note.userId);
  switch (note.type) {
    case 'room.created': return words.note.created(by);
    case 'room.renamed': return words.note.renamed(by, note.text ?? words.room.unnamed);
    case 'room.topic-set': return note.text ? words.note.topic(by, note.text) : words.note.topicCleared(by);
    case 'room.archived': return words.note.archived(by);
    case 'room.unarchived': return words.note.unarchived(by);
    case 'room.deleted': return words.note.deleted(by);
    case 'room.member-invited': return words.note.invited(by, who);
    case 'room.member-joined': return words.note.joined(who);
    case 'room.member-left': return words.note.left(who);
    case 'room.member-removed': return words.note.removed(by, who);
    case 'room.member-role-changed': return words.note.role(by, who, note.role ? words.role[note.role] : '');
    default: return words.note.other;
  }
}
