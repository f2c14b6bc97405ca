import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { internalToken } from './commands/token.ts';
import { completionFor, wordsOf } from './commands/completion.ts';
import { isAtLeast } from './doctor/check.ts';
import { createOutput, table } from './output.ts';
import { createProgram } from './program.ts';
import { duration, renderProgress } from './progress.ts';
import { need, readSettings } from './settings.ts';
import { differenceIn } from './verify/check-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('settings', () => {
  mkdirSync(join(folder, '.parley'), { recursive: true });
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  writeFileSync(join(folder, '.parley', 'env.json'), JSON.stringify({ NATS_URL: 'nats://file:1', DATABASE_URL: 'postgres://file/x', REDIS_URL: '', more: 'ignored' }));

  test('come from the launcher’s file here or above, and the environment over it', () => {
    const settings = readSettings({ NATS_URL: 'nats://env:2' }, undefined, join(folder, 'deep', 'er'));
    expect(settings).toMatchObject({ NATS_URL: 'nats://env:2', DATABASE_URL: 'postgres://file/x', PARLEY_WS: 'main' });
    expect(settings.REDIS_URL).toBeUndefined();
    expect(settings.from).toMatch(/env\.json and environment/);
  });
  test('come from elsewhere where that is said', () => {
    expect(readSettings({ PARLEY_DATA: join(folder, '.parley') }, undefined, '/').NATS_URL).toBe('nats://file:1');
    expect(readSettings({}, undefined, tmpdir()).from).toBe('defaults');
    expect(() => readSettings({}, join(folder, 'nowhere.json'))).toThrow(/nowhere\.json cannot be read/);
  });
  test('that are wrong or missing are named', () => {
    expect(() => readSettings({ PARLEY_WS: 'a.b' }, undefined, '/')).toThrow(/PARLEY_WS/);
    expect(() => need(readSettings({}, undefined, tmpdir()), 'VAULT_URL')).toThrow('VAULT_URL is not set.');
  });
});

describe('usage', () => {
  const parse = async (...args: string[]): Promise<{ code: string; exit: number }> => {
    const program = await createProgram({}, new AbortController().signal, args);
    const silence = (command: Command): void => {
      command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
      command.commands.forEach(silence);
    };
    silence(program);
    return program.parseAsync(args, { from: 'user' }).then(() => ({ code: 'ran', exit: 0 }), (error: { code: string; exitCode: number }) => ({ code: error.code, exit: error.exitCode }));
  };
  test.each([
    [['nonsense'], 'commander.unknownCommand'],
    [['constructor'], 'commander.unknownCommand'],
    [['--json', 'nonsense'], 'commander.unknownCommand'],
    [['import', 'irc', 'x'], 'commander.missingMandatoryOptionValue'],
    [['import', 'irc', '--room', 'x'], 'commander.missingArgument'],
    [['import', 'irc', 'x', '--room', 'x', '--days', '0'], 'commander.invalidArgument'],
    [['verify', '--nonsense'], 'commander.unknownOption'],
    [['token', 'no-id'], 'commander.invalidArgument'],
  ])('%j is refused', async (args, code) => expect((await parse(...args)).code).toBe(code));
  test.each([[['--help']], [['import', 'irc', '--help']], [['--version']]])('%j is answered', async (args) => expect((await parse(...args)).exit).toBe(0));
  test.each([
    [['verify', '--full'], ['verify']], [['--json', 'lag'], ['lag']], [['--version'], []],
  ])('%j loads no other command', async (args, names) => expect((await createProgram({}, new AbortController().signal, args)).commands.map((each) => each.name())).toEqual(names));
  test('every command has examples', async () => {
    const program = await createProgram({}, new AbortController().signal);
    const leaves = (command: Command): Command[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves));
    const without = leaves(program).filter((command) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => {
        text += part;
      } }).outputHelp();
      return command.name() !== 'help' && !/Examples?:\n/.test(text);
    });
    expect(without.map((command) => command.name())).toEqual([]);
  });
  test('completes', async () => {
    const words = wordsOf(await createProgram({}, new AbortController().signal));
    expect(words.get('log')).toEqual(['show', 'tail', 'grep', 'diff', 'stat', 'restored', '--help']);
    const script = completionFor('bash', words);
    const answer = execFileSync('bash', ['-c', `${script}\nCOMP_WORDS=(parley parked sh); COMP_CWORD=2; _parley; echo "\${COMPREPLY[@]}"; COMP_WORDS=(parley --json ver); COMP_CWORD=2; _parley; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' });
    expect(answer).toBe('show\nverify\n');
    expect(() => completionFor('tcsh', words)).toThrow(/no completion/);
  });
});

describe('output', () => {
  const said = (json: boolean): string => {
    let text = '';
    const out = new Writable({ write: (chunk: Buffer, _, done) => {
      text += chunk.toString();
      done();
    } });
    createOutput(json, out, out).answer({ a: 1 }, () => 'one');
    return text;
  };
  test('is one line of JSON or words', () => expect([said(true), said(false)]).toEqual(['{"a":1}\n', 'one\n']));
  test('has tables with numbers to the right', () => expect(table(['a', 'n'], [['x', 1], ['yy', 1_000]]).replaceAll(/\u001b\[\d+m/g, '')).toBe('a       n\nx       1\nyy  1,000'));
  test('tells how far something is', () => {
    expect(renderProgress({ label: 'import', unit: 'lines', done: 50, total: 200, elapsedMs: 1_000, what: 'day', bar: true })).toBe('import  [######------------------]  50 of 200 lines  50/s  0:03 left  day');
    expect([duration(9_000), duration(754_000), duration(3_723_000)]).toEqual(['0:09', '12:34', '1:02:03']);
  });
});

test('a debugging token is a JWT of the kind that gateways make', () => {
  const [head, body, signature] = internalToken(Buffer.alloc(32, 1), 'system', 'system', 60, 1_700_000_000_000).split('.');
  expect(JSON.parse(Buffer.from(head ?? '', 'base64url').toString())).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(JSON.parse(Buffer.from(body ?? '', 'base64url').toString())).toEqual({ kind: 'system', sub: 'system', iss: 'parley-gateway', aud: 'parley-query', iat: 1_700_000_000, exp: 1_700_000_060 });
  expect(signature).toHaveLength(43);
});

test('versions compare by number', () => {
  expect([isAtLeast('2.15.1', '2.14'), isAtLeast('2.9.10', '2.14'), isAtLeast('18.4', '16'), isAtLeast('2.14.0', '2.14')]).toEqual([true, false, true, true]);
});

describe('rows that differ', () => {
  const row = (n: number, more: object = {}) => JSON.stringify({ room_id: 'a', n, text: 'secret', revision: n, ...more });
  test('are named, and what people wrote is not shown', () => {
    const found = differenceIn('message', [row(1), row(2, { revision: 9, text: 'other secret' })], [row(1), row(2)]);
    expect(found).toEqual({ check: 'rows', kind: 'room', id: 'a', n: 2, what: 'table message: text; revision is 9, the log says 2' });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
  test('may be missing or too many', () => {
    expect(differenceIn('message', [row(1)], [row(1), row(2)]).what).toBe('table message (1 rows, the log says 2): a row is missing');
    expect(differenceIn('message', [row(1), row(2)], [row(1)])).toMatchObject({ n: 2, what: 'table message (2 rows, the log says 1): a row too many' });
  });
});
