import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument } from './openapi.ts';

/** Another folder may be named, to compare. */
const named = process.argv[2];
const folder = named === undefined ? new URL('../generated/', import.meta.url) : pathToFileURL(`${named}/`);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

mkdirSync(folder, { recursive: true });
for (const [file, document] of Object.entries({ 'openapi.json': openApiDocument(version), 'asyncapi.json': asyncApiDocument(version) })) {
  writeFileSync(new URL(file, folder), `${JSON.stringify(document, null, 2)}\n`);
}
