import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { realtimePage } from './realtime-page.ts';

const generated = new URL('../../../contracts/generated/', import.meta.url);
const scalarFile = new URL('browser/standalone.js', import.meta.resolve('@scalar/api-reference'));

/** Scalar draws with inline styles and compiles its templates; nothing may come from, or go to, anywhere else. */
const docsPolicy = "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley API</title></head>
<body><div id="app"></div><script src="/docs/scalar.js"></script><script src="/docs/init.js"></script></body></html>
`;
const init = `Scalar.createApiReference('#app', { url: '/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true, showDeveloperTools: 'never', agent: { disabled: true }, mcp: { disabled: true } });
`;

/** `/openapi.json`, `/asyncapi.json`, and pages that explain them, all served from here. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const [openapi, asyncapi] = await Promise.all(['openapi.json', 'asyncapi.json'].map((file) => readFile(new URL(file, generated), 'utf8')));
  const realtime = realtimePage(JSON.parse(asyncapi ?? '{}'));
  const json = 'application/json; charset=utf-8';
  const html = 'text/html; charset=utf-8';
  const script = 'text/javascript; charset=utf-8';
  const give = (path: string, type: string, body: string | undefined): void => {
    app.get(path, async (_request, reply) => reply.header('content-type', type).header('content-security-policy', docsPolicy).send(body));
  };
  give('/openapi.json', json, openapi);
  give('/asyncapi.json', json, asyncapi);
  give('/docs', html, page);
  give('/docs/init.js', script, init);
  give('/docs/realtime', html, realtime);
  app.get('/docs/scalar.js', async (_request, reply) => reply.header('content-type', script).header('cache-control', 'public, max-age=86400').send(createReadStream(scalarFile)));
}
