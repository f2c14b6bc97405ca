import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session, sessionPath } from '@parley/contracts/realtime/session';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './paths.ts';
import { isAlive } from './processes.ts';
import { run } from './run.ts';
import { freePort } from './servers/free-port.ts';
import { until } from './until.ts';

/** Steps that fetch, install, compile or make the demo: once is enough. */
const ONCE = /fetched|dependencies|compile the services|build the page|demo/;

let dir: string;
let launchers: Launcher[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-launcher-'));
});

afterEach(async () => {
  await Promise.all(launchers.map((launcher) => launcher.end('SIGTERM')));
  launchers = [];
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

type Launcher = { readonly child: ChildProcess; output(): string; url(): string; end(signal: NodeJS.Signals): Promise<number | null> };

/** Runs the launcher as a person would and waits until it says where it is. */
async function launch(args: readonly string[] = ['--no-demo'], data = dir): Promise<Launcher> {
  const child = spawn(process.execPath, [join(ROOT, 'infra/dev/bin/start.mjs'), ...args], { env: { ...process.env, PARLEY_DATA: data, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  const url = (): string => /Page\s+(http:\/\/\S+)/.exec(output)?.[1] ?? '';
  const launcher: Launcher = { child, output: () => output, url, end: (signal) => { child.kill(signal); return exited; } };
  launchers.push(launcher);
  await until('the launcher to say where the page is', () => url() !== '' || child.exitCode !== null, { timeoutMs: 180_000 });
  if (child.exitCode !== null) throw new Error(`The launcher ended:\n${output}`);
  return launcher;
}

async function signIn(url: string, name: string): Promise<Session> {
  const answer = await fetch(`${url}${sessionPath}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });
  return Session.parse(await answer.json());
}

/** The address kept for analysts reads facts and no texts. */
async function expectAnalyst(): Promise<void> {
  const { ANALYST_URL: url } = JSON.parse(await readFile(join(dir, 'env.json'), 'utf8')) as { ANALYST_URL: string };
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    expect(await sql`select count(*)::int as rooms from rooms`).toEqual([{ rooms: 0 }]);
    await expect(sql`select * from analytics_text.messages`).rejects.toThrow(/permission denied/);
  } finally {
    await sql.end();
  }
}

/** The launcher itself: the process we started only looks for the right Node. */
async function launcherPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dir, 'launcher.pid'), 'utf8'), 10);
}

/** Process ids of everything a process started, and of what those started. */
async function descendantsOf(root: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const parents = new Map(
    await Promise.all(
      pids.map(async (pid): Promise<[number, number]> => {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
        // The parent is the second field after the name, which is in brackets and may hold anything.
        return [pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])];
      }),
    ),
  );
  const found = [root];
  for (const known of found) for (const [pid, parent] of parents) if (parent === known) found.push(pid);
  return found.slice(1);
}

/** The process whose command line has a word. */
async function pidOf(pids: readonly number[], word: string): Promise<number | undefined> {
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.find((_, at) => lines[at]!.includes(word));
}

describe('npm start', () => {
  test('runs, keeps people over a restart, does nothing twice and leaves nothing behind', async () => {
    const first = await launch();
    expect((await fetch(`${first.url()}/health/ready`)).status).toBe(200);
    const before = await signIn(first.url(), 'Launcher Tester');
    expect((await stat(join(dir, 'secrets.json'))).mode & 0o077).toBe(0);
    await expectAnalyst();
    const started = await descendantsOf(await launcherPid());
    expect(started.length).toBeGreaterThan(6);
    expect(await first.end('SIGINT')).toBe(0);
    await until('everything it started to be gone', () => started.every((pid) => !isAlive(pid)), { timeoutMs: 5_000 });

    const second = await launch();
    expect(second.output()).not.toMatch(ONCE);
    expect(second.url()).toBe(first.url());
    expect((await signIn(second.url(), 'Launcher Tester')).userId).toBe(before.userId);
    await until('the notary to have signed what was written', async () => (await readdir(join(dir, 'heads'))).some((file) => file.endsWith('.ndjson')), { timeoutMs: 20_000 });
    const checked = await run(process.execPath, [join(ROOT, 'infra/cli/dist/main.js'), 'head', 'check', '--keys', join(dir, 'heads', 'keys.json')], { env: { ...process.env, PARLEY_DATA: dir } });
    expect(checked, checked.output).toMatchObject({ code: 0, output: expect.stringContaining('the log is what was signed') });
    expect(await second.end('SIGTERM')).toBe(0);
  });

  test('ends in order though nobody reads any more what it says, as when the terminal was closed', async () => {
    const launcher = await launch();
    const started = await descendantsOf(await launcherPid());
    launcher.child.stdout?.destroy();
    launcher.child.stderr?.destroy();
    // It says that this one ended, and that it is back.
    const killed = await pidOf(started, 'query-service');
    process.kill(killed!, 'SIGKILL');
    await until('another one in its place', async () => ![undefined, killed].includes(await pidOf(await descendantsOf(await launcherPid()), 'query-service')));
    const all = [...started, ...(await descendantsOf(await launcherPid()))];
    expect(await launcher.end('SIGHUP')).toBe(0);
    await until('everything it started to be gone', () => all.every((pid) => !isAlive(pid)), { timeoutMs: 5_000 });
  });

  test('names and replaces a port that is taken', async () => {
    const port = await freePort();
    const rival = createServer().listen(port, '127.0.0.1');
    try {
      const launcher = await launch(['--no-demo', '--port', String(port)]);
      expect(launcher.output()).toContain(`port ${port} is taken`);
      expect(launcher.url()).not.toContain(`:${port}`);
      expect((await fetch(`${launcher.url()}/health/live`)).status).toBe(200);
    } finally {
      rival.close();
    }
  });

  test('two that start together, in folders of their own, come up beside each other', async () => {
    const folders = await Promise.all(['one', 'two'].map((name) => mkdtemp(join(dir, `${name}-`))));
    const both = await Promise.all(folders.map((folder) => launch(['--no-demo'], folder)));
    const taken = await Promise.all(folders.map(async (folder) => Object.values(JSON.parse(await readFile(join(folder, 'ports.json'), 'utf8')) as Record<string, number>)));
    expect(new Set(taken.flat()).size).toBe(taken.flat().length);
    const people = await Promise.all(both.map((launcher) => signIn(launcher.url(), 'Launcher Tester')));
    expect(people[0]!.userId).not.toBe(people[1]!.userId);
  });

  test('a second launcher for the same folder is told so', async () => {
    await launch();
    const refused = await launch().catch((error: unknown) => (error as Error).message);
    expect(refused).toMatch(/runs already/);
    // Explained by its words alone.
    expect(refused).not.toMatch(/PlainError|^ +at /m);
  });

  test('leaves nothing behind when it is killed', async () => {
    await launch();
    const started = await descendantsOf(await launcherPid());
    expect(started.length).toBeGreaterThan(6);
    process.kill(await launcherPid(), 'SIGKILL');
    await until('everything it started to be gone', () => started.every((pid) => !isAlive(pid)), { timeoutMs: 40_000 });
  });
});
