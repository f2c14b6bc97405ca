// Runs on Node 20 with nothing installed: finds Node 24 or fetches it, then runs the real program under it.
// Plain JavaScript on purpose; everything after this file is TypeScript that Node 24 runs from source.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const NODE_VERSION = '24.21.0';

/**
 * Runs `program` (a file below infra/dev) under Node 24 or newer and ends this process as it ended.
 * Signals are passed on. A terminal sends Ctrl-C to both processes, so the program may see it twice at once.
 */
export async function runUnderNode24(program, args) {
  const node = findNode24() ?? fetchNode24();
  const file = fileURLToPath(new URL(`../${program}`, import.meta.url));
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`Node could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function findNode24() {
  if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) return process.execPath;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'node');
    if (folder === '' || !existsSync(candidate)) continue;
    const asked = spawnSync(candidate, ['--version'], { encoding: 'utf8' });
    if (asked.status === 0 && majorOf(asked.stdout.trim().slice(1)) >= NODE_MAJOR_MIN) return candidate;
  }
  const fetched = fetchedPath();
  return existsSync(fetched) ? fetched : undefined;
}

function fetchNode24() {
  const startedAt = Date.now();
  const home = fetchedHome();
  const building = `${home}.building-${process.pid}`;
  mkdirSync(building, { recursive: true });
  const wanted = `node-${process.platform}-${process.arch}@${NODE_VERSION}`;
  const npm = spawnSync('npm', ['install', '--prefix', building, '--ignore-scripts', '--no-audit', '--no-fund', wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (npm.signal === 'SIGINT' || npm.status === 130) {
    rmSync(building, { recursive: true, force: true });
    process.exit(130);
  }
  if (npm.status !== 0) {
    rmSync(building, { recursive: true, force: true });
    fail(`Node ${NODE_VERSION} could not be fetched (${wanted}). Install Node 24 or newer and run this again.\n${npm.stderr ?? npm.error}`);
  }
  try {
    renameSync(building, home);
  } catch {
    // Another run laid the same version meanwhile; its copy is as good as ours.
    rmSync(building, { recursive: true, force: true });
  }
  const node = fetchedPath();
  if (!existsSync(node)) fail(`${wanted} holds no binary at ${node}. Install Node 24 or newer and run this again.`);
  console.log(`✓ Node.js ${NODE_VERSION} fetched  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return node;
}

function fetchedHome() {
  const cache = process.env.PARLEY_CACHE ?? join(homedir(), '.cache', 'parley');
  return join(cache, `node-${NODE_VERSION}-${process.platform}-${process.arch}`);
}

function fetchedPath() {
  return join(fetchedHome(), 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

function fail(message) {
  console.error(`✗ ${message}`);
  process.exit(1);
}
