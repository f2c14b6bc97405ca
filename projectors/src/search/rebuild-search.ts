import type { NatsConnection } from '@nats-io/nats-core';
import { streamState } from '@parley/kernel/event-store/read-stream';
import type { SearchDocument } from '@parley/kernel/search/document';
import { ensureIndex, indexBehind, indexBody, indexName, type OpenSearch, OpenSearchError, pointAlias } from '@parley/kernel/search/opensearch';
import type { Sql } from '@parley/kernel/stores/postgres';
import { pause } from '../runner/failures.ts';
import type { Ownership } from '../runner/ownership.ts';
import { workThrough } from '../work-through.ts';
import { bulk } from './opensearch-bulk.ts';
import { writePosition } from './opensearch-positions.ts';
import { openSearchTarget } from './opensearch-target.ts';
import { postgresTarget, saveDocuments } from './postgres-target.ts';
import { openRows } from './rows.ts';
import { SearchIndexer } from './search-indexer.ts';
import type { SearchTarget } from './target.ts';

export type RebuildDeps = {
  readonly nc: NatsConnection;
  readonly sql: Sql;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  /** Documents written so far, of about so many. */
  readonly onProgress: (done: number, of: number) => void;
};
export type Rebuilt = { readonly documents: number; readonly index: string; readonly before: string; /** How long searches could wait. */ readonly swapMs: number };

type Starting = { readonly stream: string; readonly epoch: string; readonly seq: number };

const next = 'search.document_next';
const nextName = 'postgres-next';
const caughtUpPollMs = 50;
/** An index has one shard, which takes each request in by one thread. */
const bulksAtOnce = 2;
const transactionsAtOnce = 2;

/**
 * Makes the index behind the alias anew beside the present one: every row, then what came meanwhile, then the alias
 * moves. Searches and the indexer go on throughout. The index of before is left for the caller to keep or remove.
 */
export async function rebuildOpenSearch(deps: RebuildDeps, openSearch: OpenSearch, alias: string): Promise<Rebuilt> {
  await ensureIndex(openSearch, alias);
  const before = await indexBehind(openSearch, alias);
  const index = indexName(alias, Number(/-(\d+)$/.exec(before)?.[1] ?? 0) + 1);
  // What an interrupted run left behind.
  await removeIndex(openSearch, index);
  await openSearch.request('PUT', `/${index}`, indexBody);
  const starting = await readStarting(deps.sql);
  const documents = await copyRows(deps, bulksAtOnce, (page) => bulk(openSearch, index, page));
  for (const { stream, epoch, seq } of starting) await writePosition(openSearch, index, { stream, epoch, from: 0, to: seq }, undefined);
  await catchUp(deps, openSearchTarget(openSearch, index, deps.sql));
  await openSearch.request('POST', `/${index}/_refresh`);
  const begun = performance.now();
  await pointAlias(openSearch, alias, before, index);
  return { documents, index, before, swapMs: Math.round(performance.now() - begun) };
}

/** Removes an index, if it is there. */
export async function removeIndex(openSearch: OpenSearch, index: string): Promise<void> {
  await openSearch.request('DELETE', `/${index}`).catch((error: unknown) => {
    if (!(error instanceof OpenSearchError && error.status === 404)) throw error;
  });
}

/** The same for the table in PostgreSQL; the table of before is dropped. */
export async function rebuildPostgres(deps: RebuildDeps): Promise<Rebuilt> {
  const { sql } = deps;
  // What an interrupted run left behind.
  await sql`drop table if exists search.document_next, search.document_before`;
  await sql`create table search.document_next (like search.document including all)`;
  await sql`delete from search.position where target = ${nextName}`;
  const starting = await readStarting(sql);
  const documents = await copyRows(deps, transactionsAtOnce, (page) => saveDocuments(sql, next, page));
  await sql`insert into search.position (target, stream, epoch, seq) select ${nextName}, w.stream, w.epoch, w.seq from json_to_recordset(${JSON.stringify(starting)}::text::json) as w(stream text, epoch text, seq bigint)`;
  await catchUp(deps, postgresTarget(sql, nextName, next));
  await sql`analyze search.document_next`;
  const begun = performance.now();
  await sql.begin(async (tx) => {
    await tx`set local lock_timeout = '5s'`;
    await tx`lock table search.document, search.position in access exclusive mode`;
    await tx`alter table search.document rename to document_before`;
    await tx`alter table search.document_next rename to document`;
    await tx`delete from search.position where target = 'postgres'`;
    await tx`update search.position set target = 'postgres' where target = ${nextName}`;
  });
  const swapMs = Math.round(performance.now() - begun);
  // Not while everybody waits: the files of a large table take a while to go.
  await sql`drop table search.document_before`;
  return { documents, index: 'search.document', before: 'search.document', swapMs };
}

/** Where the rows are before they are read: everything later is put again. */
async function readStarting(sql: Sql): Promise<Starting[]> {
  return sql<Starting[]>`select stream, epoch, seq from ops.active_checkpoint where projection = 'conversations'`;
}

async function copyRows({ sql, signal, onProgress }: RebuildDeps, atOnce: number, put: (page: readonly SearchDocument[]) => Promise<unknown>): Promise<number> {
  const [{ messages }] = await sql<[{ messages: number }]>`select count(*)::int as messages from rm.message`;
  let done = 0;
  await workThrough(openRows(sql).all(), atOnce, async (page) => {
    signal.throwIfAborted();
    await put(page);
    done += page.length;
    onProgress(done, messages);
  });
  return done;
}

/** Follows the log for the new index: to where it ends now, and once more to where it ends then, so that little is left for the swap. */
async function catchUp({ nc, sql, ownership, signal }: RebuildDeps, target: SearchTarget): Promise<void> {
  const indexer = new SearchIndexer({ nc, sql }, ownership, target);
  try {
    for (let round = 0; round < 2; round += 1) {
      const ends = new Map(await Promise.all(indexer.reports.map(async ({ stream }) => [stream, (await streamState(nc, stream)).lastSeq] as const)));
      while (!indexer.reports.every(({ state, stream, place }) => state === 'running' && place.seq >= ends.get(stream)!)) {
        signal.throwIfAborted();
        await pause(caughtUpPollMs, signal);
      }
    }
  } finally {
    await indexer[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  }
}
