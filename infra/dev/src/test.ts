import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { startVitest, type Reporter, type TestModule } from 'vitest/node';
import { migrate } from '@parley/kernel/stores/migrate';
import { ROOT } from './paths.ts';
import { migrationFolders } from './servers-up.ts';
import { cacheDir } from './servers/cache.ts';
import { ensureChromium } from './servers/chromium.ts';
import { ensureNats } from './servers/nats.ts';
import { ensurePostgres, startPostgres } from './servers/postgres.ts';
import { ensureOpenSearch, startOpenSearch } from './servers/opensearch.ts';
import { ensureRedis } from './servers/redis.ts';
import { PlainError, printFailure, step } from './steps.ts';

const PROJECTS = ['unit', 'int', 'e2e', 'load'] as const;
type Project = (typeof PROJECTS)[number];

const TROUBLE_LINES = 12;

type Tally = { passed: number; failed: number; skipped: number; readonly troubles: string[] };

/**
 * Runs the tests, one kind after the other, against real servers, and ends with one line `N passed, N failed`.
 * Arguments that are kinds (unit, int, e2e, load) choose kinds; all others choose files by a part of their path.
 * `fetched` is what is being fetched already. @returns the exit code: 0 only when something ran, nothing failed, nothing was skipped and no error went unhandled.
 */
export async function main(args: readonly string[], fetched?: Promise<void>): Promise<number> {
  const chosen = PROJECTS.filter((project) => args.includes(project));
  const projects = chosen.length > 0 ? chosen : PROJECTS;
  const filters = args.filter((arg) => !PROJECTS.includes(arg as Project));
  process.on('SIGINT', () => process.exit(130));
  await using stack = new AsyncDisposableStack();
  // Hundreds of short-lived processes of the same code: each would compile it anew.
  process.env['NODE_COMPILE_CACHE'] ??= join(cacheDir(), 'compiled');
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, troubles: [] };
  try {
    // What must be fetched comes while the unit tests, which need no server, keep the processor busy.
    const servers = (fetched ?? Promise.resolve()).then(() => bringServers(projects, filters, stack));
    servers.catch(() => {});
    for (const project of projects) {
      if (project !== 'unit') await servers;
      await runProject(project, filters, tally);
    }
    await servers;
  } catch (error) {
    printFailure(error);
    tally.failed += 1;
  }
  // Whoever reads only the end of a long log still learns what broke.
  for (const trouble of tally.troubles) process.stdout.write(`${trouble}\n`);
  if (tally.skipped > 0) process.stdout.write(`${tally.skipped} skipped, which counts as failed: a test that cannot run proves nothing.\n`);
  const failed = tally.failed + tally.skipped + (tally.passed + tally.failed + tally.skipped === 0 ? 1 : 0);
  process.stdout.write(`${tally.passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** What a test needs is there before the first one runs; what cannot be had is a failure that names it. */
async function bringServers(projects: readonly Project[], filters: readonly string[], stack: AsyncDisposableStack): Promise<void> {
  if (!projects.some((project) => project !== 'unit')) return;
  await step('NATS server', ensureNats);
  await step('PostgreSQL', ensurePostgres);
  await step('Redis', async (note) => {
    if ((await ensureRedis(note)) === undefined) throw new PlainError('The tests need Redis: install redis-server 7 and run this again.');
  });
  if (projects.includes('e2e')) await step('Chromium', ensureChromium);
  await sharePostgres(stack);
  if (asksOpenSearch(projects, filters)) await shareOpenSearch(stack);
}

/** One cluster with all tables, made once, of which every test's own server begins as a copy. */
async function sharePostgres(stack: AsyncDisposableStack): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-postgres-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await step('tables to copy', async () => {
    const server = await startPostgres({ dir, fsync: false });
    await migrate(server.databaseUrl, migrationFolders.read, {});
    await migrate(server.vaultUrl, migrationFolders.vault, {});
    await server.stop();
  });
  process.env['PARLEY_TEST_POSTGRES_DIR'] = dir;
}

/** Starting it takes as long as many specs together: only for those that search, which have it in the path of their file. */
function asksOpenSearch(projects: readonly Project[], filters: readonly string[]): boolean {
  return projects.some((project) => project !== 'unit') && (filters.length === 0 || filters.some((filter) => filter.includes('search')));
}

/** One OpenSearch for all specs; each uses an index of its own. */
async function shareOpenSearch(stack: AsyncDisposableStack): Promise<void> {
  await step('OpenSearch', ensureOpenSearch);
  const dir = await mkdtemp(join(tmpdir(), 'parley-opensearch-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const server = await step('start OpenSearch', () => startOpenSearch({ dir }));
  stack.use(server);
  process.env['PARLEY_TEST_OPENSEARCH_URL'] = server.url;
}

async function runProject(project: Project, filters: readonly string[], tally: Tally): Promise<void> {
  const vitest = await startVitest([...filters], {
    root: ROOT,
    project: [project],
    watch: false,
    passWithNoTests: true,
    allowOnly: false,
    reporters: ['default', counting(tally)],
  });
  await vitest.close();
}

function counting(tally: Tally): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      for (const module of modules) count(module, tally);
      for (const error of unhandledErrors) fail(tally, `an error outside of any test${whileRunning(error)}`, [error]);
    },
  };
}

function count(module: TestModule, tally: Tally): void {
  const file = module.relativeModuleId;
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    // A test that never got its turn (a broken hook, a cancelled run) is no more proven than one that failed.
    if (state === 'passed') tally.passed += 1;
    else if (state === 'skipped') tally.skipped += 1;
    else {
      tally.failed += 1;
      tally.troubles.push(trouble(`${file} > ${test.fullName}`, errors?.[0]));
    }
  }
  // Errors of the file itself and of its hooks belong to no test.
  fail(tally, file, module.errors());
  for (const suite of module.children.allSuites()) fail(tally, `${file} > ${suite.fullName}`, suite.errors());
}

/** The test runner notes which file was at work, and in it which test. */
function whileRunning(error: object): string {
  const { VITEST_TEST_PATH: path, VITEST_TEST_NAME: name } = error as { readonly VITEST_TEST_PATH?: string; readonly VITEST_TEST_NAME?: string };
  return path === undefined ? '' : `, while ${relative(ROOT, path)} ran${name === undefined ? '' : ` > ${name}`}`;
}

type Shown = { readonly message: string; readonly stack?: string | undefined };

function fail(tally: Tally, where: string, errors: readonly Shown[]): void {
  tally.failed += errors.length;
  for (const error of errors) tally.troubles.push(trouble(where, error));
}

/** Where it broke, the message's first lines and the first frame of the project's own code, or the first frames at all. */
function trouble(where: string, error: Shown | undefined): string {
  const message = firstLines(error?.message ?? 'ended without an error', TROUBLE_LINES);
  const frames = error?.stack?.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('at ')) ?? [];
  const ours = frames.find((frame) => !/node_modules|node:/.test(frame));
  return [`FAILED ${where}`, message, ...(ours === undefined ? frames.slice(0, TROUBLE_LINES) : [ours])].join('\n    ');
}

function firstLines(text: string, count: number): string {
  return text.split('\n').slice(0, count).join('\n    ');
}
