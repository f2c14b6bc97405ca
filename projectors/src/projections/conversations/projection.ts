import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import type { Projection } from '../../runner/projection.ts';
import { type TailWarmer } from '../../tails/tail-warmer.ts';
import { conversationBulk } from './bulk.ts';
import { foldRoomCommit } from './fold.ts';
import { monthOf } from './fold-messages.ts';
import { endStaysOfParked, loadRows } from './load.ts';
import type { ConversationRows } from './rows.ts';
import { saveRows } from './save.ts';
import { conversationTables } from './tables.ts';

/**
 * Rooms, members, messages and all that hangs on them: one projection with one checkpoint per stream, so that what
 * somebody may see is never older than what there is to see.
 */
export function conversations(tails?: TailWarmer): Projection<ConversationRows> {
  const months = new Set<string>();
  return {
    name: 'conversations',
    version: 2,
    tables: conversationTables,
    streams: streamNames.slice(0, eventStreams),
    kinds: ['room'],
    async prepare(sql, schema, commits) {
      for (const { at } of commits) {
        const month = monthOf(at);
        if (months.has(`${schema} ${month}`)) continue;
        // Next month's as well, so that nobody waits for it at midnight.
        await sql`select ${sql(schema)}.ensure_message_month(${month}::date), ${sql(schema)}.ensure_message_month((${month}::date + interval '1 month')::date)`;
        months.add(`${schema} ${month}`);
      }
    },
    forget: () => months.clear(),
    load: loadRows,
    fold: foldRoomCommit,
    save: saveRows,
    bulk: conversationBulk,
    erasable: { room: ['name', 'topic'], message: ['text', 'state'], message_edit: ['text'], note: ['text'] },
    evenWhenParked: endStaysOfParked,
    ...(tails && { afterCommit: (commits, live) => { if (live) tails.warm(commits.map(({ id }) => id)); } }),
  };
}
