import { type OpenSearch, OpenSearchError, positionId } from '@parley/kernel/search/opensearch';
import { Fenced } from '../runner/failures.ts';
import type { Position, PutBatch } from './target.ts';

/** The last write of a position as the index counts writes; undefined: there was none. */
export type Place = { readonly seqNo: number; readonly term: number } | undefined;
type StoredPosition = { readonly _seq_no: number; readonly _primary_term: number; readonly _source: { readonly position: Position } };

export async function readPosition(openSearch: OpenSearch, index: string, stream: string): Promise<{ readonly position: Position; readonly place: Place } | undefined> {
  try {
    const { body } = await openSearch.request('GET', `/${index}/_doc/${encodeURIComponent(positionId(stream))}`);
    const { _seq_no: seqNo, _primary_term: term, _source: { position } } = body as StoredPosition;
    return { position, place: { seqNo, term } };
  } catch (error) {
    if (error instanceof OpenSearchError && error.status === 404 && (error.body as { found?: boolean } | undefined)?.found === false) return undefined;
    throw error;
  }
}

/** Writes how far the index is, unless somebody else did since `place`, or the primary changed: then this lane begins again. */
export async function writePosition(openSearch: OpenSearch, index: string, { stream, epoch, from, to }: Pick<PutBatch, 'stream' | 'epoch' | 'from' | 'to'>, place: Place): Promise<Place> {
  const condition = place === undefined ? 'op_type=create' : `if_seq_no=${place.seqNo}&if_primary_term=${place.term}`;
  try {
    const { body } = await openSearch.request('PUT', `/${index}/_doc/${encodeURIComponent(positionId(stream))}?${condition}`, { position: { stream, epoch, seq: to } });
    const { _seq_no: seqNo, _primary_term: term } = body as StoredPosition;
    return { seqNo, term };
  } catch (error) {
    if (error instanceof OpenSearchError && error.status === 409) throw new Fenced('search-opensearch', stream, from);
    throw error;
  }
}

type Many = { readonly docs: readonly (Omit<StoredPosition, '_source'> & { readonly found: boolean })[] };

/** The places of several streams at once; undefined for those that have none. */
export async function readPlaces(openSearch: OpenSearch, index: string, streams: readonly string[]): Promise<Map<string, Place>> {
  if (streams.length === 0) return new Map();
  const { body } = await openSearch.request('POST', `/${index}/_mget?_source=false`, { ids: streams.map(positionId) });
  return new Map((body as Many).docs.map(({ found, _seq_no: seqNo, _primary_term: term }, at) => [streams[at]!, found ? { seqNo, term } : undefined]));
}
