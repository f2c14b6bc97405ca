import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenSearch } from '@parley/dev/servers/opensearch';

/**
 * An OpenSearch that specs share: the one that the run of all tests started (`PARLEY_TEST_OPENSEARCH_URL`), else one of
 * this file's own, ended with it. A spec takes an index name of its own; one that kills its server starts another.
 */
export async function openSearchForTests(): Promise<AsyncDisposable & { readonly url: string }> {
  const url = process.env['PARLEY_TEST_OPENSEARCH_URL'];
  if (url !== undefined) return { url, [Symbol.asyncDispose]: async () => {} };
  const dir = await mkdtemp(join(tmpdir(), 'parley-opensearch-'));
  const server = await startOpenSearch({ dir });
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
