import { describe, expect, test } from 'vitest';
import { importsOf, sourceFiles } from './sources.ts';

/**
 * contracts ← kernel ← services ← { cli, dev, tests }, and contracts ← client ← web. Arrows never go sideways.
 * Each row: files below `from` may import only what `may` allows; everything outside the project is judged by `packages`.
 */
type Row = {
  readonly from: RegExp;
  /** Sub-paths of our workspaces, such as `@parley/contracts/`. */
  readonly may: readonly RegExp[];
  /** Packages and node: modules; undefined means any. */
  readonly packages?: readonly RegExp[];
};

const CONTRACTS = /^@parley\/contracts\//;
const KERNEL = /^@parley\/kernel\//;
const CLIENT = /^@parley\/client\//;
const DEV = /^@parley\/dev\//;
const TESTS = /^@parley\/tests\//;
const PURE_DECIDERS = /^@parley\/command-service\/(.*\/)?([a-z-]+\.decider|deciders)$/;
const PURE_PROJECTIONS = /^@parley\/projectors\//;
const KERNEL_READ_SIDE = /^@parley\/kernel\/(?!event-store\/append|sealing|vault)/;

const ROWS: readonly Row[] = [
  { from: /^contracts\/.*\.spec\.ts$|^contracts\/codegen\//, may: [CONTRACTS] },
  { from: /^contracts\//, may: [CONTRACTS], packages: [/^zod$/] },
  { from: /^infra\/kernel\/decider\/(?!.*(specify|\.spec)\.ts$)/, may: [CONTRACTS], packages: [] },
  { from: /^infra\/kernel\/.*\.spec\.ts$/, may: [CONTRACTS, KERNEL, DEV, TESTS] },
  { from: /^infra\/kernel\//, may: [CONTRACTS, KERNEL] },
  { from: /^command-service\/.*\.decider\.ts$/, may: [CONTRACTS, /^@parley\/kernel\/decider\//], packages: [] },
  // Whatever a decider accepts must become rows: projections are tried with real decisions.
  { from: /^projectors\/.*\.spec\.ts$/, may: [CONTRACTS, KERNEL, DEV, TESTS, PURE_DECIDERS] },
  { from: /^(command-service|projectors|gateway\/src)\/.*\.spec\.ts$/, may: [CONTRACTS, KERNEL, DEV, TESTS, CLIENT] },
  { from: /^command-service\//, may: [CONTRACTS, KERNEL] },
  { from: /^projectors\//, may: [CONTRACTS, KERNEL] },
  { from: /^query-service\/.*\.spec\.ts$/, may: [CONTRACTS, KERNEL, DEV, TESTS, PURE_PROJECTIONS] },
  { from: /^query-service\//, may: [CONTRACTS, KERNEL_READ_SIDE] },
  { from: /^gateway\/client\/.*\.spec\.ts$/, may: [CONTRACTS, CLIENT] },
  { from: /^gateway\/client\//, may: [CONTRACTS, CLIENT], packages: [] },
  { from: /^gateway\/web\/(src\/.*\.spec\.tsx?$|vite\.config\.ts$)/, may: [CONTRACTS, CLIENT] },
  { from: /^gateway\/web\//, may: [CONTRACTS, CLIENT], packages: [/^(?!node:)/] },
  { from: /^gateway\/src\//, may: [CONTRACTS, KERNEL] },
  { from: /^infra\/cli\/.*\.spec\.ts$/, may: [CONTRACTS, KERNEL, CLIENT, PURE_DECIDERS, PURE_PROJECTIONS, DEV, TESTS] },
  { from: /^infra\/cli\//, may: [CONTRACTS, KERNEL, CLIENT, PURE_DECIDERS, PURE_PROJECTIONS] },
  { from: /^infra\/dev\//, may: [CONTRACTS, KERNEL, CLIENT, DEV, /^@parley\/cli\//] },
  // A benchmark measures a service's inside, without the wire around it.
  { from: /^tests\/bench\//, may: [CONTRACTS, KERNEL, CLIENT, DEV, TESTS, PURE_DECIDERS, PURE_PROJECTIONS, /^@parley\/command-service\/prepare\//, /^@parley\/cli\//] },
  { from: /^tests\//, may: [CONTRACTS, KERNEL, CLIENT, DEV, TESTS, PURE_DECIDERS, PURE_PROJECTIONS, /^@parley\/cli\//] },
];

const WORKSPACE_ROOTS = ['contracts', 'infra/kernel', 'infra/cli', 'infra/dev', 'command-service', 'query-service', 'projectors', 'gateway/client', 'gateway/web', 'gateway', 'tests'];

function workspaceOf(file: string): string | undefined {
  return WORKSPACE_ROOTS.find((root) => file.startsWith(`${root}/`));
}

/** Why an import is not allowed, or undefined. Exported shape is the table above and nothing else. */
function objection(file: string, specifier: string): string | undefined {
  const row = ROWS.find(({ from }) => from.test(file));
  if (row === undefined) return workspaceOf(file) === undefined ? undefined : 'no row of the table covers this file';
  if (specifier.startsWith('.')) {
    const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
    return workspaceOf(target) === workspaceOf(file) ? undefined : `a relative path leaves the workspace (${target})`;
  }
  if (specifier.startsWith('@parley/')) return row.may.some((allowed) => allowed.test(specifier)) ? undefined : `${specifier} is not to the left of this file`;
  return row.packages === undefined || row.packages.some((allowed) => allowed.test(specifier)) ? undefined : `${specifier} does not belong here`;
}

test('every import follows the arrows', () => {
  const wrong = sourceFiles().flatMap((file) =>
    importsOf(file).flatMap(({ specifier, line }) => {
      const problem = objection(file, specifier);
      return problem === undefined ? [] : [`${file}:${line} ${problem}`];
    }),
  );
  expect(wrong).toEqual([]);
});

test('the sources are found at all', () => {
  expect(sourceFiles().length).toBeGreaterThan(100);
  expect(importsOf('contracts/ids.ts')).toContainEqual({ specifier: 'zod', line: 1 });
});

describe('the table refuses', () => {
  test.each([
    ['contracts/ids.ts', 'node:fs'],
    ['contracts/ids.ts', '@parley/kernel/decider/decider'],
    ['command-service/src/room/room.decider.ts', 'node:crypto'],
    ['command-service/src/room/room.decider.ts', '@parley/kernel/event-store/append'],
    ['query-service/src/main.ts', '@parley/projectors/main'],
    ['query-service/src/main.ts', '@parley/kernel/vault/vault'],
    ['gateway/src/main.ts', '@parley/command-service/main'],
    ['gateway/web/src/main.tsx', '@parley/kernel/decider/decider'],
    ['gateway/client/src/client.ts', 'node:fs'],
    ['gateway/src/main.ts', '../../projectors/src/main.ts'],
  ])('%s importing %s', (file, specifier) => {
    expect(objection(file, specifier)).toBeTypeOf('string');
  });
});
