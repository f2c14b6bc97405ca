import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { SearchDocument } from './document.ts';

/** The variables of every process that speaks to OpenSearch; spread them into its own `z.object({ … })`. */
export const openSearchConfig = {
  OPENSEARCH_URL: z.url().optional().describe('OpenSearch that search is answered from; absent: PostgreSQL answers'),
  OPENSEARCH_USERNAME: z.string().optional().describe('user of OpenSearch'),
  OPENSEARCH_PASSWORD: z.string().optional().describe('password of OpenSearch'),
  OPENSEARCH_CA_FILE: z.string().optional().describe('file of certificates that OpenSearch is trusted by; absent: those of the system'),
  OPENSEARCH_INDEX: z.string().regex(/^[a-z](?:[a-z0-9-]{0,98}[a-z])?$/, 'must be lower-case letters, digits and "-", with a letter at either end').default('parley-messages').describe('name of the alias; the indexes behind it are numbered'),
} as const;

export type OpenSearchConfig = {
  readonly OPENSEARCH_URL?: string | undefined; readonly OPENSEARCH_USERNAME?: string | undefined; readonly OPENSEARCH_PASSWORD?: string | undefined;
  readonly OPENSEARCH_CA_FILE?: string | undefined; readonly OPENSEARCH_INDEX: string;
};

/** What is asked of the client library here; every answer is checked where it is read. */
export type OpenSearch = {
  /** One request. Rejects with an error that has `status` when it was answered with one ≥ 400, and with none when there was no answer. */
  request(method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD', path: string, body?: object | string, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
};

/** OpenSearch answered with a refusal (`status`) or not at all (0). */
export class OpenSearchError extends Error {
  override readonly name = 'OpenSearchError';
  readonly status: number;
  readonly body: unknown;
  constructor(message: string, status: number, body: unknown, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.body = body;
  }
}

const requestMsMax = 30_000;

/** Opens a pool of connections to OpenSearch; they are made when first needed. Nothing is repeated here: callers know what may be. */
export function openOpenSearch(config: OpenSearchConfig & { readonly OPENSEARCH_URL: string }): OpenSearch {
  const { OPENSEARCH_URL: node, OPENSEARCH_USERNAME: username, OPENSEARCH_PASSWORD: password, OPENSEARCH_CA_FILE: caFile } = config;
  const options = {
    node, maxRetries: 0, requestTimeout: requestMsMax,
    ...(username !== undefined && { auth: { username, password: password ?? '' } }),
    ...(caFile !== undefined && { ssl: { ca: readFileSync(caFile, 'utf8') } }),
  };
  // The library is 500 files. Who has no OpenSearch never loads them; who has does so now, not while the first question waits.
  const opening = import('@opensearch-project/opensearch').then(({ Client }) => new Client(options));
  opening.catch(() => {});
  return {
    async request(method, path, body, { timeoutMs = requestMsMax, signal } = {}) {
      const [pathname = path, query = ''] = path.split('?');
      const isBulk = typeof body === 'string';
      const client = await opening;
      const sent = client.transport.request(
        { method, path: pathname, querystring: query, ...(body !== undefined && (isBulk ? { bulkBody: body } : { body })) },
        { requestTimeout: timeoutMs, maxRetries: 0 },
      );
      const abort = (): void => { (sent as unknown as { abort?: () => void }).abort?.(); };
      signal?.addEventListener('abort', abort);
      if (signal?.aborted === true) abort();
      try {
        const { statusCode, body: answer } = await sent;
        return { status: statusCode ?? 0, body: answer };
      } catch (error) {
        const { statusCode = 0, body: answer, message } = error as { statusCode?: number; body?: unknown; message: string };
        throw new OpenSearchError(`OpenSearch ${method} ${pathname}: ${message}`.slice(0, 500), statusCode ?? 0, answer, { cause: error });
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    close: async () => (await opening).close(),
  };
}

/** Raised when the mapping changes its meaning: an index of another shape is filled anew. */
export const indexShape = 1;
export const indexName = (alias: string, generation: number): string => `${alias}-${generation}`;
/** Whether a name is an index's own and not the alias. */
export const isGeneration = (name: string): boolean => /-\d+$/.test(name);
export const documentId = ({ room, message }: Pick<SearchDocument, 'room' | 'message'>): string => `${room}:${message}`;
/** Where an index keeps how far it is; no message has such an id. */
export const positionId = (stream: string): string => `position:${stream}`;

/**
 * Words arrive folded and parted (`wordsOf`), so every field is made of them: `words` as they are, `words.en` by English
 * stems, `words.ko` by the morphemes of the Korean dictionary, `words.pairs` by pairs of characters for what no dictionary knows.
 */
export const indexBody = {
  settings: {
    // The indexer has it show what came, once a second while people talk; its own clock is for long filling.
    number_of_shards: 1, auto_expand_replicas: '0-1', refresh_interval: '10s',
    // Documents and positions lie in the same shard: after a crash both are equally old, and the log fills them again.
    'translog.durability': 'async', 'translog.sync_interval': '1s',
    analysis: {
      tokenizer: { korean: { type: 'nori_tokenizer', decompound_mode: 'mixed', discard_punctuation: true } },
      analyzer: {
        exact: { type: 'custom', tokenizer: 'whitespace' },
        english: { type: 'custom', tokenizer: 'whitespace', filter: ['porter_stem'] },
        korean: { type: 'custom', tokenizer: 'korean', filter: ['nori_part_of_speech', 'lowercase'] },
        pairs: { type: 'custom', tokenizer: 'standard', filter: ['cjk_bigram'] },
      },
    },
  },
  mappings: {
    dynamic: 'strict', _meta: { shape: indexShape },
    properties: {
      room: { type: 'keyword' }, n: { type: 'long' }, message: { type: 'keyword', index: false }, shown: { type: 'boolean' }, author: { type: 'keyword' },
      said: { type: 'long' }, link: { type: 'boolean' }, reply: { type: 'keyword' }, version: { type: 'long', index: false },
      words: {
        type: 'text', analyzer: 'exact', norms: false,
        fields: {
          en: { type: 'text', analyzer: 'english', norms: false }, ko: { type: 'text', analyzer: 'korean', norms: false }, pairs: { type: 'text', analyzer: 'pairs', norms: false },
        },
      },
      position: { type: 'object', enabled: false },
    },
  },
} as const;

/** Makes the first index behind the alias unless there is one. */
export async function ensureIndex(openSearch: OpenSearch, alias: string): Promise<void> {
  if (await hasAlias(openSearch, alias)) return;
  try {
    await openSearch.request('PUT', `/${indexName(alias, 1)}`, { ...indexBody, aliases: { [alias]: { is_write_index: true } } });
  } catch (error) {
    // Somebody was quicker; or the index is there without its alias, which only an operator can judge.
    if (!(await hasAlias(openSearch, alias))) throw error;
  }
}

async function hasAlias(openSearch: OpenSearch, alias: string): Promise<boolean> {
  try {
    return (await openSearch.request('HEAD', `/_alias/${alias}`)).status === 200;
  } catch (error) {
    if (error instanceof OpenSearchError && error.status === 404) return false;
    throw error;
  }
}

/** Lets the alias name another index, for everybody at once. */
export async function pointAlias(openSearch: OpenSearch, alias: string, from: string, to: string): Promise<void> {
  await openSearch.request('POST', '/_aliases', { actions: [{ remove: { index: from, alias } }, { add: { index: to, alias, is_write_index: true } }] });
}

/** The one index that the alias names. Rejects where there is none. */
export async function indexBehind(openSearch: OpenSearch, alias: string): Promise<string> {
  const { body } = await openSearch.request('GET', `/_alias/${alias}`);
  const [index] = Object.keys(body as object);
  if (index === undefined) throw new OpenSearchError(`the alias ${alias} names no index`, 404, body);
  return index;
}
