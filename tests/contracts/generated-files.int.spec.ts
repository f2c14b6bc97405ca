import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { queries } from '@parley/contracts/queries/queries';
import { ClientFrame, HelloFrame, serverFrames } from '@parley/contracts/realtime/frames';
import { clientCommands, commands } from '@parley/contracts/registry/commands';
import { ROOT } from '../architecture/sources.ts';

const REDOCLY_MS_MAX = 60_000;
type Operation = { readonly operationId: string; readonly parameters?: readonly { readonly name?: string }[]; readonly security?: unknown };
type OpenApi = { readonly openapi: string; readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
type AsyncApi = { readonly asyncapi: string; readonly components: { readonly messages: Readonly<Record<string, unknown>>; readonly schemas: Readonly<Record<string, unknown>> } };

const file = (name: string): string => join(ROOT, 'contracts', 'generated', name);
const read = (name: string): unknown => JSON.parse(readFileSync(file(name), 'utf8'));
const openapi = read('openapi.json') as OpenApi;
const asyncapi = read('asyncapi.json') as AsyncApi;
const openPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/** Every `$ref` of a document and the pointers that lead nowhere. */
function deadReferences(document: object): string[] {
  const dead: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === '$ref' && typeof item === 'string' && !resolves(document, item)) dead.push(item);
      visit(item);
    }
  };
  visit(document);
  return dead;
}
const resolves = (document: object, ref: string): boolean =>
  ref.slice(2).split('/').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document) !== undefined;

test('the generated files are what the registries say now', () => {
  const before = ['openapi.json', 'asyncapi.json'].map((name) => readFileSync(file(name), 'utf8'));
  const dir = mkdtempSync(join(tmpdir(), 'parley-codegen-'));
  try {
    execFileSync(process.execPath, ['--conditions=parley-source', join(ROOT, 'contracts', 'codegen', 'write.ts'), dir], { stdio: 'pipe' });
    expect(['openapi.json', 'asyncapi.json'].map((name) => readFileSync(join(dir, name), 'utf8'))).toEqual(before);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('openapi.json', () => {
  test('is valid OpenAPI 3.1', () => {
    expect(openapi.openapi).toMatch(/^3\.1\./);
    const dir = mkdtempSync(join(tmpdir(), 'parley-redocly-'));
    try {
      writeFileSync(join(dir, 'redocly.yaml'), 'extends: [spec]\ntelemetry: off\n');
      const require = createRequire(join(ROOT, 'tests', 'package.json'));
      const bin = join(dirname(require.resolve('@redocly/cli/package.json')), 'bin', 'cli.js');
      // It ends with a failure, and its words in the error, when the file breaks a rule of the specification.
      execFileSync(process.execPath, [bin, 'lint', file('openapi.json'), '--config', join(dir, 'redocly.yaml')], { stdio: 'pipe', env: { ...process.env, REDOCLY_TELEMETRY: 'off' } });
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, REDOCLY_MS_MAX);
  test('has no reference that leads nowhere', () => expect(deadReferences(openapi)).toEqual([]));
  test.each(clientCommands.map(({ type, route }) => [type, route]))('lists %s', (_, route) => {
    const operation = openapi.paths[openPath(route!.path)]?.[route!.method.toLowerCase()];
    expect(operation?.security).toEqual([{ bearer: [] }]);
  });
  test.each(queries.map(({ name, path }) => [name, path]))('lists the query %s', (_, path) => {
    expect(openapi.paths[openPath(path)]?.['get']).toBeDefined();
  });
  test('tells nothing of what only services may ask or do', () => {
    const text = JSON.stringify(Object.keys(openapi.paths));
    expect(text).not.toContain('internal');
    const ids = Object.values(openapi.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    const internal = commands.filter(({ route }) => !route).map(({ type }) => type.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
    expect(ids.filter((id) => internal.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('asyncapi.json', () => {
  test('is valid AsyncAPI 3.0', () => {
    const schema = createRequire(join(ROOT, 'tests', 'package.json'))('@asyncapi/specs/schemas/3.0.0.json') as object;
    // The schema brings the meta-schema that ajv would add.
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(schema);
    validate(asyncapi);
    expect(validate.errors ?? []).toEqual([]);
  });
  test('has no reference that leads nowhere', () => expect(deadReferences(asyncapi)).toEqual([]));
  test.each([HelloFrame, ...ClientFrame.options, ...serverFrames].map((frame) => frame.meta()?.id))('lists the frame %s', (id) => {
    expect(asyncapi.components.messages).toHaveProperty([id!]);
    expect(asyncapi.components.schemas).toHaveProperty([id!]);
  });
});
