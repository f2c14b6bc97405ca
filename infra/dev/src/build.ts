import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { doOnce } from './lock.ts';
import { ROOT } from './paths.ts';
import { mustRun } from './run.ts';
import { step } from './steps.ts';

const SOURCES = ['contracts', 'infra/kernel', 'infra/cli', 'infra/dev', 'command-service', 'query-service', 'projectors', 'gateway'];
const WEB_SOURCES = ['contracts', 'gateway/client', 'gateway/web'];
const SERVICES = ['command-service', 'query-service', 'projectors', 'gateway'];
const STAMPS = join(ROOT, 'node_modules', '.parley');
/** Runs that start together in a fresh clone prepare it once. Not in node_modules, which npm clears away. */
const LOCK = join(ROOT, '.preparing.lock');

type Lock = { readonly packages: Readonly<Record<string, { version?: string; link?: boolean; optional?: boolean; dev?: boolean }>> };

/** What a shell may be set to leave out (NODE_ENV=production, npm's omit) compiles the sources, and holds the programs of each platform. */
export const installArguments: readonly string[] = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--include=dev', '--include=optional'];

/** Installs what the lockfile names when what lies in node_modules differs from it. */
export async function bringDependencies(): Promise<void> {
  if (await isInstalled()) return;
  await step('dependencies', async (note) => {
    note('npm ci');
    await doOnce(LOCK, isInstalled, async () => {
      await mustRun('npm', installArguments, { cwd: ROOT });
    });
  });
}

/** Compares the lockfile with npm's own record of what it laid. */
async function isInstalled(): Promise<boolean> {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = (JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Lock).packages;
  const laid = (JSON.parse(await readFile(record, 'utf8')) as Lock).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional === true) return true;
    return laid[path]?.version === entry.version && existsSync(join(ROOT, path));
  });
}

/** Compiles the services and the page when their sources changed since the last time. */
export async function buildAll(): Promise<void> {
  const compiled = [...SERVICES.map((service) => `${service}/dist/main.js`), 'infra/dev/dist/start.js'];
  await buildWhenChanged('compile', SOURCES.filter((folder) => existsSync(join(ROOT, folder))), compiled, async (note) => {
    note('tsc');
    await mustRun(join(ROOT, 'node_modules/.bin/tsc'), ['-b'], { cwd: ROOT });
  });
  if (!existsSync(join(ROOT, 'gateway/web/index.html'))) return;
  await buildWhenChanged('page', WEB_SOURCES, ['gateway/web/dist/index.html'], async (note) => {
    note('vite');
    // Whatever this shell works on: a page built for development is larger than it may be.
    await mustRun('npm', ['run', 'build', '-w', '@parley/web', '--silent'], { cwd: ROOT, env: { ...process.env, NODE_ENV: 'production' } });
  });
}

async function buildWhenChanged(name: string, folders: readonly string[], results: readonly string[], work: (note: (text: string) => void) => Promise<void>): Promise<void> {
  const stampFile = join(STAMPS, `${name}.stamp`);
  const stamp = await stampOf(folders);
  const isDone = async (): Promise<boolean> => existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp && results.every((file) => existsSync(join(ROOT, file)));
  if (await isDone()) return;
  await step(name === 'compile' ? 'compile the services' : 'build the page', (note) => doOnce(LOCK, isDone, async () => {
    await work(note);
    await mkdir(STAMPS, { recursive: true });
    await writeFile(stampFile, stamp);
  }));
}

/** A hash over path, size and time of every source below the folders, and of the root's own settings. */
async function stampOf(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const files = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.json', ...(await Promise.all(folders.map((folder) => sourcesBelow(folder)))).flat()];
  for (const file of files.sort()) {
    const { size, mtimeMs } = await stat(join(ROOT, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

async function sourcesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  const below = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : sourcesBelow(path);
      return /\.spec\.tsx?$|\.tsbuildinfo$/.test(entry.name) ? [] : [path];
    }),
  );
  return below.flat();
}
