import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { connectNats } from '@parley/kernel/nats/connect';
import { createOpener } from '@parley/kernel/sealing/opener';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { allProjections } from '../projections/all.ts';
import { makeGeneration, type RebuildDeps, swapIn } from '../rebuild/rebuild.ts';
import type { AnyProjection } from '../runner/projection.ts';
import type { World } from './world.spec.ts';

/** What a rebuild needs, with a pool of its own; the caller disposes it. */
export async function rebuildDeps(world: Pick<World, 'nc' | 'opener' | 'servers'>, signal = new AbortController().signal): Promise<RebuildDeps & AsyncDisposable> {
  const sql = openPostgres(world.servers.postgres.databaseUrl, { max: 4, name: 'spec-rebuild', statementTimeoutMs: 0 });
  return { sql, nc: world.nc, log: await openJetStreamLog(world.nc), opener: world.opener(), signal, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}

export const conversationsNow = (): AnyProjection => allProjections().find(({ name }) => name === 'conversations')!;

/** Rebuilds conversations and swaps them in, in a process of its own that a label can kill. */
export function forkRebuild(world: World, env: Record<string, string> = {}) {
  const child = fork(fileURLToPath(import.meta.url), ['rebuild'], {
    env: { ...process.env, ...world.env, ...env }, execArgv: ['--conditions=parley-source', '--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return { child, ended: new Promise<NodeJS.Signals | number | null>((resolve) => { child.once('exit', (code, signal) => resolve(signal ?? code)); }) };
}

if (process.argv[2] === 'rebuild') {
  const env = process.env as Record<string, string>;
  const nc = await connectNats({ url: env['NATS_URL']!, name: 'spec-rebuild' });
  const sql = openPostgres(env['DATABASE_URL']!, { max: 4, name: 'spec-rebuild', statementTimeoutMs: 0 });
  const vault = openVault({ url: env['VAULT_URL']!, kek: Buffer.from(env['PARLEY_KEK']!, 'base64url'), role: 'spec' });
  const deps = { sql, nc, log: await openJetStreamLog(nc), opener: createOpener(vault, env['PARLEY_WS']!), signal: new AbortController().signal };
  const made = await makeGeneration(deps, conversationsNow(), { verify: true });
  if ('left' in made.comparison || !made.comparison.equal) throw new Error('the new rows differ');
  await swapIn(deps, [made], { parkedMayDiffer: false });
  await vault[Symbol.asyncDispose]();
  await sql.end();
  await nc.close();
  process.disconnect();
}
