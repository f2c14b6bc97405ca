import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLog } from '@parley/tests/harness/read-log';
import { startServers, type Servers } from '@parley/tests/harness/servers';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { startNats } from '@parley/dev/servers/nats';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { main } from './program.ts';

/** Goal: whatever is typed or configured, the answer is a line and a code, within seconds, and nothing is stored. */
let servers: Servers;
let env: Record<string, string>;
beforeAll(async () => {
  servers = await startServers({ redis: false, sync: 'default' });
  env = { NATS_URL: servers.natsUrl, DATABASE_URL: servers.postgres.databaseUrl, VAULT_URL: servers.postgres.vaultUrl, PARLEY_KEK: makeSecrets().PARLEY_KEK };
}, 120_000);
afterAll(() => servers?.stop());

/** Runs a command line in this process; an exception that got out fails the test. */
async function run(args: readonly string[], settings: Record<string, string> = env): Promise<{ code: number; stderr: string; stdout: string }> {
  let [stdout, stderr] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => { stdout += String(chunk); return true; }),
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => { stderr += String(chunk); return true; }),
  ];
  try {
    return { code: await main(args, { ...settings, PARLEY_DATA: '/nowhere' }), stdout, stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}
/** A person reads one line and perhaps a hint; no stack, no internal code, no bytes that steer a terminal. */
function expectOneLine({ code, stderr }: { code: number; stderr: string }, codes: readonly number[], what: string): void {
  expect(codes, `${what}: ${stderr}`).toContain(code);
  expect(stderr, what).not.toMatch(/\n\s+at |node:internal/);
  expect(stderr.trim(), what).not.toBe('');
  expect(stderr.trim().split('\n').length, `${what}: ${stderr}`).toBeLessThanOrEqual(3);
  expect(stderr.length, what).toBeLessThan(2_000);
  expect(stderr.replaceAll(/\u001b\[\d+m/g, ''), what).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
}

const hostile = ['', ' ', '*', '>', 'a.b', 'a.>', '\0', 'a\0b', 'a\r\nPUB x 0\r\n', 'x'.repeat(300), 'x'.repeat(100_000), '../../etc/passwd', '__proto__', 'constructor', '\u001b[2J', '\ud800', '\u202eevil', '-1', '$(id)', '%s%n', '--', '--json=1'];
const ids = hostile.filter((id) => !['__proto__', 'constructor', '-1', '--'].includes(id));

describe('arguments', () => {
  test.each([['log', 'show', 'room'], ['parked', 'show', 'room'], ['parked', 'retry', 'room']])('%s %s %s: an id that is none is refused', async (...words) => {
    const stored = (await readLog(servers.natsUrl)).length;
    for (const id of ids) expectOneLine(await run([...words, '--', id]), [exitCodes.usage], `${words.join(' ')} ${JSON.stringify(id.slice(0, 40))}`);
    // Well-formed, but of nothing: found or not, and no more.
    for (const id of ['__proto__', 'constructor', 'toString']) expectOneLine(await run([...words, '--', id]), [exitCodes.finding], id);
    expect((await readLog(servers.natsUrl)).length).toBe(stored);
  }, 180_000);

  test('kinds, commands, options and numbers that are none are refused', async () => {
    for (const word of hostile.filter((each) => !each.startsWith('--'))) {
      expectOneLine(await run(['log', 'show', '--', word, 'x']), [exitCodes.usage], `kind ${JSON.stringify(word.slice(0, 40))}`);
      expectOneLine(await run(['lag', '--max-seconds', word]), [exitCodes.usage], `seconds ${JSON.stringify(word.slice(0, 40))}`);
    }
    for (const args of [['*'], ['\0'], ['__proto__'], ['constructor'], ['log', '>'], ['lag', '--__proto__'], ['lag', '--constructor=1'], ['log', 'show', 'room', 'x', '--from', '1e309'], ['log', 'show', 'room', 'x', '--from', '-1'], ['log', 'tail', '--stream', 'a.>'], ['log', 'tail', '--room', 'a.*'], ['bench', '../../etc/passwd'], ['bench', 'append\0'], ['completion', '\r\n'], ['token', 'a\r\nb']]) {
      expectOneLine(await run(args), [exitCodes.usage], JSON.stringify(args));
    }
  }, 180_000);

  test('a room’s name, a topic or a source that cannot be is refused before anything is read or stored', async () => {
    const stored = (await readLog(servers.natsUrl)).length;
    for (const source of hostile.filter((each) => !/^[A-Za-z0-9_.-]{1,40}$/.test(each))) expectOneLine(await run(['import', 'irc', '/nowhere', '--room', 'x', `--source=${source}`]), [exitCodes.usage], `source ${JSON.stringify(source.slice(0, 40))}`);
    for (const path of ['/nowhere', 'a\0b', '\r\n', 'x'.repeat(5_000)]) {
      const answer = await run(['import', 'irc', path, '--room', 'x']);
      expect(answer.code, path.slice(0, 40)).not.toBe(exitCodes.ok);
      expectOneLine(answer, [exitCodes.finding, exitCodes.usage, exitCodes.unavailable], path.slice(0, 40));
    }
    expect((await readLog(servers.natsUrl)).length).toBe(stored);
  }, 180_000);
});

describe('settings', () => {
  const files: readonly (readonly [string, string])[] = [
    ['no JSON', '{'], ['nothing', ''], ['an array', '[]'], ['null', 'null'], ['a number', '7'], ['a text', '"x"'], ['binary', '\u0000\u0001\ufffd'], ['nesting', '['.repeat(100_000)],
    ['a mistyped value', '{"NATS_URL":7}'], ['a value that is an object', '{"DATABASE_URL":{"a":1}}'], ['a workspace with dots', '{"PARLEY_WS":"a.b"}'], ['an address that is none', '{"GATEWAY_URL":"not a url"}'],
  ];
  test.each(files)('a file with %s is one line', async (name, text) => {
    const file = join(servers.dir, `settings-${name.replaceAll(' ', '-')}.json`);
    writeFileSync(file, text);
    expectOneLine(await run(['lag', '--config', file], {}), [exitCodes.config], name);
  });

  test('a file cannot reach a prototype', async () => {
    const file = join(servers.dir, 'settings-polluting.json');
    writeFileSync(file, `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"NATS_URL":${JSON.stringify(env['NATS_URL'])},"DATABASE_URL":${JSON.stringify(env['DATABASE_URL'])}}`);
    expect((await run(['lag', '--json', '--config', file], {})).code).toBe(exitCodes.ok);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('a file that is none is one line', async () => {
    for (const file of ['/nowhere', '/', '/dev/null', 'a\0b', 'x'.repeat(5_000), '*']) expectOneLine(await run(['lag', `--config=${file}`], {}), [exitCodes.config], JSON.stringify(file.slice(0, 40)));
  });

  const addresses: readonly (readonly [string, string])[] = [
    ['NATS_URL', 'http://'], ['NATS_URL', 'nats://'], ['NATS_URL', '::::'], ['NATS_URL', 'nats://127.0.0.1:99999'], ['NATS_URL', 'nats://a b:1'], ['NATS_URL', 'nats://user:secret-word@127.0.0.1:1'], ['NATS_URL', 'x'.repeat(5_000)],
    ['DATABASE_URL', 'mysql://x'], ['DATABASE_URL', '::::'], ['DATABASE_URL', 'postgres://'], ['DATABASE_URL', 'postgres://user:secret-word@127.0.0.1:1/x'], ['DATABASE_URL', 'postgres://127.0.0.1:99999/x'],
  ];
  test('an address that is none, or where nobody answers, is one line, in time, without its password', async () => {
    for (const [name, value] of addresses) {
      const answer = await run(['lag'], { ...env, [name]: value });
      expectOneLine(answer, [exitCodes.config, exitCodes.unavailable], `${name}=${value.slice(0, 60)}`);
      expect(answer.stderr).not.toContain('secret-word');
    }
  }, 180_000);
});

test('as a process it ends with the same code, and nothing is left hanging', async () => {
  const file = fileURLToPath(new URL('main.ts', import.meta.url));
  const outcome = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--conditions=parley-source', '--disable-warning=ExperimentalWarning', file, 'log', 'show', 'room', 'a\r\nb'], { env: { ...process.env, ...env }, timeout: 20_000 }, (error, _out, stderr) => {
      resolve({ code: error?.code, stderr });
    });
  });
  expectOneLine({ code: Number(outcome.code), stderr: outcome.stderr }, [exitCodes.usage], 'a process');
}, 30_000);

test('a NATS in which Parley never was is told as such, until it is made ready', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-empty-nats-'));
  const empty = await startNats({ dir, sync: 'default' });
  try {
    const settings = { ...env, NATS_URL: empty.url };
    for (const args of [['log', 'stat'], ['log', 'tail', '--json'], ['verify'], ['room', 'at', 'general', '1'], ['lag']]) {
      const ended = await run(args, settings);
      expectOneLine(ended, [exitCodes.config, exitCodes.usage], args.join(' '));
      if (ended.code === exitCodes.config) expect(ended.stderr, args.join(' ')).toMatch(/holds no log of Parley/);
    }
    await run(['doctor', '--fix', '--yes'], settings);
    expect((await run(['log', 'stat'], settings)).code).toBe(exitCodes.ok);
  } finally {
    await empty.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);
