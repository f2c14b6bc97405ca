import { indexBehind, type OpenSearch } from '@parley/kernel/search/opensearch';
import type { Sql } from '@parley/kernel/stores/postgres';
import { bulk } from '../search/opensearch-bulk.ts';
import { openRows } from '../search/rows.ts';

const documentsTogetherMax = 1_000;

/**
 * Gives the index in OpenSearch the rows of some messages of a room as they are now. A document without words has a
 * higher version than one with them at the same event, so the indexer puts none of them back. Rejects when the index
 * cannot be asked.
 */
export async function scrubIndex(sql: Sql, openSearch: OpenSearch, alias: string, room: string, messages: readonly number[]): Promise<void> {
  const index = await indexBehind(openSearch, alias);
  const rows = openRows(sql);
  for (let from = 0; from < messages.length; from += documentsTogetherMax) {
    const keys = messages.slice(from, from + documentsTogetherMax).map((n) => ({ room, n }));
    await bulk(openSearch, index, (await rows.at({ keys, stream: '', seq: 0 }))?.documents ?? []);
  }
  await openSearch.request('POST', `/${index}/_refresh`);
}
