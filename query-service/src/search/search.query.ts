import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { search } from '@parley/contracts/queries/search';
import { decodeCursor } from '@parley/contracts/realtime/cursor';
import { queryWaitMsMax } from '@parley/contracts/realtime/limits';
import { eventStreams, streamIndexOf } from '@parley/contracts/wire/partition';
import { parseQuery, termsMax } from '@parley/kernel/search/parse-query';
import type { Sql } from '@parley/kernel/stores/postgres';
import { latencyBoundariesMs, meter } from '@parley/kernel/telemetry/telemetry';
import { invalid, notFound, problemOf } from '../problem-error.ts';
import { allRoomLanes, type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB, SEARCH } from '../tokens.ts';
import { decodeSearchPage, encodeSearchPage } from './page.ts';
import { searchBest, searchNewest, type SearchRun } from './run-search.ts';
import { loadSearchAccess, type SearchAccess } from './search-access.ts';
import type { SearchIndex, Sought } from './search-index.ts';
import type { SearchProgress } from './search-progress.ts';
import { showHits } from './show-hits.ts';

type Params = ParamsOf<typeof search>;
type Data = DataOf<typeof search>;
export type Search = { readonly index: SearchIndex; readonly progress: Pick<SearchProgress, 'reached'> };

const searchMs = meter().createHistogram('parley_search_ms', { description: 'Time to answer a search, by index and outcome', advice: { explicitBucketBoundaries: [...latencyBoundariesMs] } });

export class SearchQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(SearchQuery)
export class SearchHandler implements IQueryHandler<SearchQuery> {
  readonly #sql: Sql;
  readonly #search: Search;
  constructor(@Inject(READ_DB) sql: Sql, @Inject(SEARCH) given: Search) {
    this.#sql = sql;
    this.#search = given;
  }

  async execute({ caller, params }: SearchQuery): Promise<Found<Data>> {
    const { index, progress } = this.#search;
    const begun = performance.now();
    let outcome = 'ok';
    try {
      const filters = filtersOf(params);
      const page = decodeSearchPage(params.page, params.order);
      const isFresh = await progress.reached(targetsOf(params), queryWaitMsMax);
      const access = await loadSearchAccess(this.#sql, caller.userId, params.room);
      if (params.room !== undefined && access.rooms.size === 0) throw notFound();
      const sought: Sought = { ...filters, scopes: scopesOf(access) };
      const run: SearchRun = { index, sought, limit: params.limit, show: (candidates) => showHits(this.#sql, access, sought, candidates) };
      const { hits, next } = sought.scopes.length === 0 ? { hits: [], next: undefined }
        : params.order === 'newest' ? await searchNewest(run, page?.order === 'newest' ? page.last : undefined)
        : await searchBest(run, page?.order === 'best' ? page : undefined);
      return { data: { hits, next: next ? encodeSearchPage(next) : null, index: index.name }, parked: access.parked || !isFresh };
    } catch (error) {
      outcome = problemOf(error).code;
      throw error;
    } finally {
      searchMs.record(performance.now() - begun, { index: index.name, outcome });
    }
  }
}

/** What is asked for, checked. Throws the problem `invalid`. */
function filtersOf({ q = '', room, from, since, until, hasLink, inThread }: Params): Omit<Sought, 'scopes'> {
  const query = parseQuery(q);
  if (query.must.length + query.not.length > termsMax) throw invalid('q', `at most ${termsMax} words`);
  if (inThread !== undefined && room === undefined) throw invalid('room', 'name the room of the thread');
  const isFiltered = [room, from, since, until, hasLink, inThread].some((filter) => filter !== undefined);
  if (query.must.length === 0 && !isFiltered) throw invalid('q', query.not.length > 0 || q.trim() !== '' ? 'give a word that is to be found' : 'give words, or a filter');
  if (query.must.length === 0 && query.not.length === 0 && q.trim() !== '') throw invalid('q', 'no letter or number in it');
  return {
    query, author: from, replyTo: inThread, hasLink: hasLink === undefined ? undefined : hasLink === 'true',
    since: since === undefined ? undefined : Date.parse(since), until: until === undefined ? undefined : Date.parse(until),
  };
}

/** Sequences that the index must have reached, by the cursor of the question. One of another log is answered as stale at the door. */
function targetsOf({ after, room }: Params): { stream: number; seq: number }[] {
  const seqs = decodeCursor(after)?.seqs.slice(0, eventStreams) ?? [];
  const only = room === undefined ? undefined : streamIndexOf('room', room);
  return seqs.map((seq, stream) => ({ stream, seq })).filter(({ stream, seq }) => seq > 0 && (only === undefined || only === stream));
}

const scopesOf = ({ rooms }: SearchAccess) => [...rooms.values()].flatMap(({ roomId, spans }) => spans.map(({ fromN, toN }) => ({ roomId, fromN, toN })));

export const searchQuestion = question<typeof search>({
  definition: search, query: SearchQuery, handler: SearchHandler, needs: (_caller, { room }) => (room === undefined ? allRoomLanes : [roomLane(room)]),
});
