import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Constellation } from '@parley/tests/harness/constellation';
import { parley as run, startParley } from '@parley/tests/harness/parley';
import { chosen } from '../commands/rebuild.ts';
import { rebuildGroups } from './groups.ts';

/** Goal: an operator makes rows anew with one command, may stop it, go back, and see where everything stands. */
let chat: Constellation;
beforeAll(async () => {
  chat = await Constellation.start();
  const archive = join(chat.servers.dir, 'archive');
  await parley('import', 'generate', archive, '--lines', '4000', '--days', '3');
  await parley('import', 'irc', archive, '--room', 'Old Days');
  await chat.settled();
}, 180_000);
afterAll(() => chat?.stop());

const parley = (...args: string[]) => run(chat, args);
const answerOf = ({ stdout, stderr }: { stdout: string; stderr: string }): Record<string, any> => {
  const line = stdout.trim().split('\n').at(-1);
  if (!line) throw new Error(stderr);
  return JSON.parse(line) as Record<string, unknown>;
};
const states = async () => (answerOf(await parley('rebuild', 'status', '--json')) as unknown as { name: string; generation: number; state: string; behind: number }[]).map(({ name, generation, state }) => `${name} ${generation} ${state}`);

describe('parley rebuild', () => {
  test('is ended by Ctrl-C and goes on', async () => {
    const child = startParley(chat, ['rebuild', 'messages']);
    const code = new Promise<number | null>((resolve) => { child.once('exit', resolve); });
    await new Promise<void>((resolve) => { child.stderr.on('data', (text: Buffer) => { if (/indexing|catching|messages of the log/.test(text.toString())) resolve(); }); });
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(await states()).toEqual(['conversations 1 active', 'conversations 2 building', 'markers 1 active', 'people 1 active', 'search 1 active']);
    const done = answerOf(await parley('rebuild', 'messages', '--json'));
    expect(done).toMatchObject({ reports: [{ name: 'conversations', generation: 2, compared: 'equal', isRead: true }], swap: { swapMs: expect.any(Number) } });
  }, 180_000);

  test('all at once, back, and without the old', async () => {
    const done = await parley('rebuild', 'all', '--verify', '--json');
    expect(done.code, done.stderr).toBe(0);
    // The rows change places together; the index that is made of them follows.
    const [rows, index] = done.stdout.trim().split('\n').map((line) => JSON.parse(line) as { reports: object[] });
    expect(rows?.reports).toMatchObject([{ name: 'conversations', compared: 'equal', rows: expect.any(Number) }, { name: 'people', compared: 'equal' }, { name: 'markers', compared: 'equal' }]);
    expect(index?.reports).toMatchObject([{ name: 'search', compared: 'equal', rows: expect.any(Number) }]);
    expect(await states()).toEqual(['conversations 2 standby', 'conversations 3 active', 'markers 1 standby', 'markers 2 active', 'people 1 standby', 'people 2 active', 'search 1 active']);
    expect(answerOf(await parley('rebuild', 'users', '--rollback', '--json'))).toMatchObject({ name: 'people', from: 2, to: 1 });
    expect(answerOf(await parley('rebuild', 'users', '--drop-old', '--json'))).toEqual({ name: 'people', dropped: [2] });
    const none = await parley('rebuild', 'users', '--rollback');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('people has no rows to go back to');
    expect((await parley('verify', '--rows', '--json')).code).toBe(0);
  }, 90_000);

  test('leaves what it made standing by if asked to', async () => {
    expect(answerOf(await parley('rebuild', 'markers', '--no-swap', '--json'))).toMatchObject({ reports: [{ generation: 3, isRead: false, compared: 'equal' }] });
    expect(answerOf(await parley('rebuild', 'markers', '--json'))).toMatchObject({ reports: [{ generation: 3, isRead: true }] });
  }, 180_000);
});

test('words that name nothing are refused', async () => {
  expect((await parley('rebuild', 'everything')).code).toBe(2);
  expect([...chosen(['messages', 'conversations', 'users'], rebuildGroups).values()].flat()).toEqual(['conversations', 'people']);
  expect(() => chosen(['nothing'], rebuildGroups)).toThrow('nothing called nothing');
});
