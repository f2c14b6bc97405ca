import type { OpenSearch } from '@parley/kernel/search/opensearch';
import type { Sql } from '@parley/kernel/stores/postgres';
import { findInPostgres } from './find-in-postgres.ts';
import { guarded } from './guarded.ts';
import { openSearchRequest } from './opensearch-request.ts';
import { type Candidate, compareNewest, type SearchIndex } from './search-index.ts';

const requestMsMax = 2_000;

type Found = { readonly timed_out: boolean; readonly hits: { readonly hits: readonly { readonly _version: number; readonly _source: Omit<Candidate, 'version'> }[] } };

/** Search in OpenSearch, together with what it does not show yet: that waits in `search.recent`, matched by the same rules. */
export function openSearchIndex(openSearch: OpenSearch, alias: string, sql: Sql): SearchIndex {
  const { ask, trouble } = guarded('OpenSearch does not answer.');
  return {
    name: 'opensearch',
    find: (sought, below, limit) => ask(async (signal) => {
      // The table first: what leaves it is shown by the index already.
      const recent = await findInPostgres(sql, 'recent', sought, below, limit);
      const { body } = await openSearch.request('POST', `/${alias}/_search?allow_partial_search_results=false`, openSearchRequest(sought, below, limit), { timeoutMs: requestMsMax, signal });
      const { timed_out: isLate, hits } = body as Found;
      if (isLate) throw new Error('OpenSearch gave up');
      const found = hits.hits.map(({ _version, _source }): Candidate => ({ ..._source, version: _version }));
      return merged(recent, found).slice(0, limit);
    }),
    trouble,
    [Symbol.asyncDispose]: () => openSearch.close(),
  };
}

/** Both lists in order, each message once, of two versions the newer. */
export function merged(a: readonly Candidate[], b: readonly Candidate[]): Candidate[] {
  const kept = new Map<string, Candidate>();
  for (const candidate of [...a, ...b]) {
    const key = `${candidate.room} ${candidate.n}`;
    const before = kept.get(key);
    if (!before || before.version < candidate.version) kept.set(key, candidate);
  }
  return [...kept.values()].sort(compareNewest);
}
