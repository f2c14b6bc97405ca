import type { FastifyInstance } from 'fastify';

/** Which methods a path takes, so that a wrong method is told from a wrong path. */
export class KnownPaths {
  readonly #routes: { readonly method: string; readonly pattern: RegExp }[] = [];

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ method, url }) => {
      if (url.includes('*')) return;
      const pattern = new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`);
      for (const each of [method].flat()) this.#routes.push({ method: each, pattern });
    });
  }

  methodsFor(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    return [...new Set(this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
  }
}
