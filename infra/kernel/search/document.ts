import { keysOf, wordsOf } from './tokens.ts';

/** A row of `rm.message`, as far as search goes. */
export type SearchRow = {
  readonly room_id: string; readonly n: number; readonly message_id: string; readonly author: string; readonly at: string; readonly sent_at: string | null;
  readonly state: 'shown' | 'redacted' | 'erased'; readonly text: string | null; readonly revision: number; readonly has_link: boolean; readonly reply_id: string | null;
};

/**
 * What an index holds of a message. One that is not shown is a tombstone: the same identity without a word of it,
 * never removed, because an index forgets what was removed and an older write would bring it back.
 */
export type SearchDocument = {
  readonly room: string;
  readonly n: number;
  readonly message: string;
  /** Grows with every change of the message; of two writes the higher one stays, whichever comes last. */
  readonly version: number;
  readonly shown: boolean;
  readonly author: string;
  /** When it was said, elsewhere if it was imported; milliseconds since 1970. */
  readonly said: number;
  readonly link: boolean;
  readonly reply: string | null;
  /** `wordsOf` its text. */
  readonly words: string;
};

/** The document of a row. `gone`: its whole room is, whatever the row says. */
export function documentOf(row: SearchRow, gone = false): SearchDocument {
  const shown = row.state === 'shown' && row.text !== null && !gone;
  return {
    room: row.room_id, n: row.n, message: row.message_id, version: versionOf(row.revision, shown), shown, author: row.author,
    said: Date.parse(row.sent_at ?? row.at), link: shown && row.has_link, reply: row.reply_id, words: shown ? wordsOf(row.text) : '',
  };
}

/** What is gone wins over what is shown at the same revision: erasing a person changes no message's number. */
export const versionOf = (revision: number, shown: boolean): number => revision * 2 + (shown ? 0 : 1);

/** What a document is found by in the Postgres index. */
export const documentKeys = ({ words }: SearchDocument): string[] => keysOf(words);
