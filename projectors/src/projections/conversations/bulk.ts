import { copyRows } from '../../rebuild/copy.ts';
import type { BulkSave } from '../../runner/projection.ts';
import { reachesBack } from './load.ts';
import type { ConversationRows, EditRow, MentionRow, MessageRow, NoteRow, ReactionRow } from './rows.ts';
import { saveChanges } from './save.ts';

const messageColumns: readonly (keyof MessageRow)[] = [
  'room_id', 'n', 'at_month', 'ordinal', 'message_id', 'seq', 'author', 'at', 'sent_at', 'state', 'text', 'revision', 'edited_at', 'reply_id', 'reply_n',
  'has_link', 'mentions', 'pinned_n', 'source_name', 'source_line', 'redacted_by', 'redacted_at',
];
const editColumns: readonly (keyof EditRow)[] = ['room_id', 'message_n', 'n', 'at', 'text'];
const reactionColumns: readonly (keyof ReactionRow)[] = ['room_id', 'message_n', 'emoji', 'user_id', 'n', 'since_n'];
const mentionColumns: readonly (keyof MentionRow)[] = ['user_id', 'room_id', 'message_n', 'author'];
const noteColumns: readonly (keyof NoteRow)[] = ['room_id', 'n', 'at', 'type', 'by', 'user_id', 'role', 'text', 'after_ordinal', 'seq'];

/** What is new goes in by COPY, what changes older rows as in `saveRows`. */
export const conversationBulk: BulkSave<ConversationRows> = {
  reachesBack,
  async save(tx, schema, rows) {
    await Promise.all(saveChanges(tx, schema, rows));
    await copyRows(tx, schema, 'message', messageColumns, [...rows.posted].map((key) => rows.messages.get(key)!));
    await copyRows(tx, schema, 'message_edit', editColumns, rows.edits);
    await copyRows(tx, schema, 'reaction', reactionColumns, [...rows.addedReactions.values()]);
    await copyRows(tx, schema, 'mention', mentionColumns, [...rows.mentions.values()].flat());
    await copyRows(tx, schema, 'note', noteColumns, rows.notes);
  },
};
