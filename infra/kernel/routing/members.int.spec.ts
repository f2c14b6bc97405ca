import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectNats, type NatsConnection } from '../nats/connect.ts';
import { memberTtlMs, provisionStreams } from '../nats/provision.ts';
import { joinMembers, watchMembers } from './members.ts';

let dir: string;
let nats: Nats;
let nc: NatsConnection;
const names = (view: { members(): readonly { instance: string }[] }) => view.members().map(({ instance }) => instance);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-members-'));
  nats = await startNats({ dir });
  nc = await connectNats({ url: nats.url, name: 'members-spec' });
  await provisionStreams(nc, { replicas: 1 });
});
afterAll(async () => {
  await nc.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A member in a process of its own, which can be killed or stopped as no code of ours can be. */
async function memberProcess(instance: string): Promise<{ kill(signal: NodeJS.Signals): void }> {
  const source = `
    import { connectNats } from ${JSON.stringify(new URL('../nats/connect.ts', import.meta.url).href)};
    import { joinMembers } from ${JSON.stringify(new URL('members.ts', import.meta.url).href)};
    process.on('disconnect', () => process.exit(0));
    const nc = await connectNats({ url: ${JSON.stringify(nats.url)}, name: 'victim' });
    await joinMembers(nc, { instance: ${JSON.stringify(instance)}, version: '0.1.0', weight: 1 });
    process.send('joined');
  `;
  const child = spawn(process.execPath, ['--conditions=parley-source', '--input-type=module', '-e', source], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the member ended with ${code}`)));
  });
  return { kill: (signal) => void child.kill(signal) };
}

describe('members', () => {
  test('see each other come, and leave at once', async () => {
    const one = await joinMembers(nc, { instance: 'one', version: '0.2.0', weight: 9 });
    const two = await joinMembers(nc, { instance: 'two', version: '0.1.9', weight: 1 });
    const view = await watchMembers(nc);
    await until('all to see both', () => [one, two, view].every((each) => names(each).join() === 'one,two'));
    expect(view.members()[0]).toEqual({ instance: 'one', version: '0.2.0', weight: 9 });
    expect(one.oldestRelease()).toBe('0.1.9');

    await two.leave();
    await until('two to be gone for all', () => [one, view].every((each) => names(each).join() === 'one'), { timeoutMs: 1_000 });
    expect(one.oldestRelease()).toBe('0.2.0');
    expect(Math.abs(one.clockSkewMs() ?? Number.NaN)).toBeLessThan(50);
    await one.leave();
    await view.stop();
  });

  test('a member that beats is never thought gone', async () => {
    const member = await joinMembers(nc, { instance: 'steady', version: '0.1.0', weight: 1 });
    const view = await watchMembers(nc);
    await until('it to be seen', () => names(view).includes('steady'));
    const since = performance.now();
    while (performance.now() - since < 2.5 * memberTtlMs) {
      await view.changed(100);
      expect(names(view)).toContain('steady');
    }
    await member.leave();
    await view.stop();
  });

  test.each(['SIGKILL', 'SIGSTOP'] as const)('a member that ends by %s is gone for all within its time to live and a second', async (signal) => {
    const view = await watchMembers(nc);
    const victim = await memberProcess(`victim-${signal}`);
    await until('it to be seen', () => names(view).includes(`victim-${signal}`));
    victim.kill(signal);
    const since = performance.now();
    await until('it to be gone', () => !names(view).includes(`victim-${signal}`), { timeoutMs: 10_000, everyMs: 10 });
    const tookMs = performance.now() - since;
    expect(tookMs).toBeGreaterThan(memberTtlMs - 1_100);
    expect(tookMs).toBeLessThan(memberTtlMs + 1_000);
    if (signal === 'SIGSTOP') victim.kill('SIGKILL');
    await view.stop();
  });

  test('stay known while NATS is down, and come back after a restart that forgot them', async () => {
    const member = await joinMembers(nc, { instance: 'survivor', version: '0.1.0', weight: 1 });
    const view = await watchMembers(nc);
    const before = await memberProcess('lost-meanwhile');
    await until('both to be seen', () => names(view).join() === 'lost-meanwhile,survivor');

    await nats.kill('SIGKILL');
    before.kill('SIGKILL');
    await view.changed(memberTtlMs + 1_000);
    expect(names(view)).toEqual(['lost-meanwhile', 'survivor']);

    await nats.restart();
    const other = await connectNats({ url: nats.url, name: 'fresh' });
    const fresh = await watchMembers(other);
    await until('a newcomer to see the survivor', () => names(fresh).join() === 'survivor');
    await until('the lost one to be forgotten', () => names(view).join() === 'survivor', { timeoutMs: 30_000 });
    await member.leave();
    await until('the old view to follow again', () => names(view).length === 0);
    await fresh.stop();
    await view.stop();
    await other.close();
  });
});
