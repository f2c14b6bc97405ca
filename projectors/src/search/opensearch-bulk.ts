import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { SearchDocument } from '@parley/kernel/search/document';
import { documentId, type OpenSearch, OpenSearchError } from '@parley/kernel/search/opensearch';
import { logger } from '@parley/kernel/telemetry/log';
import { meter } from '@parley/kernel/telemetry/telemetry';

const bulkAttemptsMax = 6;
const bulkBytesMax = 4 * 1024 * 1024;

const refused = meter().createCounter('parley_search_bulk_failures_total', { description: 'Documents that an index refused, by status: a busy one is asked again, the others never fit' });
const written = meter().createCounter('parley_search_documents_total', { description: 'Documents given to an index' });

type BulkItem = { readonly index: { readonly status: number; readonly error?: { readonly type?: string } } };

class Busy extends Error {
  override readonly name = 'Busy';
}

const busyStatus: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const again = retry(handleWhen((error) => error instanceof Busy), { maxAttempts: bulkAttemptsMax, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }) });

/**
 * Puts documents, those that a busy index refused again with growing pauses. A version that is there already is as
 * good as written; a document that can never be taken is logged and left out, so that it holds up nobody else.
 * Rejects when the index is away or stays busy.
 */
export async function bulk(openSearch: OpenSearch, index: string, documents: readonly SearchDocument[]): Promise<void> {
  for (const part of parts(documents)) {
    let left: readonly Line[] = part;
    await again.execute(async () => {
      left = await bulkOnce(openSearch, index, left);
      if (left.length > 0) throw new Busy(`${left.length} documents were refused for now`);
    });
    written.add(part.length, { index: 'opensearch' });
  }
}

type Line = { readonly id: string; readonly text: string };

function* parts(documents: readonly SearchDocument[]): Generator<Line[]> {
  let lines: Line[] = [];
  let bytes = 0;
  for (const document of documents) {
    const id = documentId(document);
    const text = `{"index":{"_id":${JSON.stringify(id)},"version":${document.version},"version_type":"external_gte"}}\n${JSON.stringify(document)}\n`;
    if (bytes + text.length > bulkBytesMax && lines.length > 0) {
      yield lines;
      lines = [];
      bytes = 0;
    }
    lines.push({ id, text });
    bytes += text.length;
  }
  if (lines.length > 0) yield lines;
}

async function bulkOnce(openSearch: OpenSearch, index: string, lines: readonly Line[]): Promise<readonly Line[]> {
  let answer: { errors: boolean; items: readonly BulkItem[] };
  try {
    const { body } = await openSearch.request('POST', `/${index}/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason`, lines.map(({ text }) => text).join(''));
    answer = body as typeof answer;
  } catch (error) {
    if (error instanceof OpenSearchError && busyStatus.has(error.status)) {
      refused.add(lines.length, { reason: String(error.status) });
      return lines;
    }
    throw error;
  }
  if (!answer.errors) return [];
  return lines.filter(({ id }, at) => {
    const { status, error } = answer.items[at]!.index;
    if (status < 300 || status === 409) return false;
    refused.add(1, { reason: String(status) });
    if (busyStatus.has(status)) return true;
    if (status === 404) throw new OpenSearchError(`there is no index ${index}`, status, undefined);
    // The reason may repeat what people wrote; its type never does.
    logger('projectors').error({ id, status, type: error?.type }, 'a document does not fit the index');
    return false;
  });
}
