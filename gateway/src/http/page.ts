import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { problem } from '@parley/contracts/problems/codes';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem-error.ts';

const yearMs = 365 * 24 * 60 * 60 * 1_000;

/** The page: built files whose names carry their hash are kept for ever, the page itself is always asked for. */
export async function pageRoutes(app: FastifyInstance, root: string): Promise<void> {
  if (!existsSync(join(root, 'index.html'))) {
    app.get('/', async () => {
      throw new ProblemError(problem('not-found', { detail: 'The page is not built here.' }));
    });
    return;
  }
  await app.register(fastifyStatic, {
    root, index: false, wildcard: false, globIgnore: ['index.html'], cacheControl: false,
    setHeaders: (reply, path) => {
      reply.setHeader('cache-control', path.includes('/assets/') ? `public, max-age=${yearMs / 1_000}, immutable` : 'public, max-age=300');
    },
  });
  for (const path of ['/', '/index.html', '/rooms/*', '/people/*', '/sign-in']) {
    app.get(path, async (_request, reply) => reply.header('cache-control', 'no-cache').sendFile('index.html'));
  }
}
