import { type ChildProcessByStdio, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ROOT } from '@parley/dev/paths';
import type { Constellation } from './constellation.ts';

/** Starts the CLI as an operator would, against a constellation; `into`: what a shell has after the pipe or redirection, such as `| wc -l`. */
export function startParley(chat: Constellation, args: readonly string[], into?: string): ChildProcessWithoutNullStreams {
  const { servers, world } = chat;
  const cli = [join(ROOT, 'infra', 'cli', 'dist', 'main.js'), ...args];
  const [command, all] = into === undefined ? [process.execPath, cli] : ['sh', ['-c', `"$0" "$@" ${into}`, process.execPath, ...cli]];
  return spawn(command, all, {
    env: {
      // Not the settings of a Parley that was started in this folder.
      PARLEY_DATA: servers.dir,
      PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NO_COLOR: '1',
      NATS_URL: servers.natsUrl, DATABASE_URL: servers.postgres.databaseUrl, VAULT_URL: servers.postgres.vaultUrl,
      ...(servers.redis && { REDIS_URL: servers.redis.url }), GATEWAY_URL: chat.url(), QUERY_URL: chat.service('query-service').url, PARLEY_WS: world.workspace ?? 'main',
      PARLEY_KEK: world.secrets.PARLEY_KEK, PARLEY_INTERNAL_KEY: world.secrets.PARLEY_INTERNAL_KEY, PARLEY_HEAD_KEY: world.secrets.PARLEY_HEAD_KEY, NATS_MONITOR_URL: servers.nats.monitorUrl,
      ...(world.openSearch && { OPENSEARCH_URL: world.openSearch.url, ...(world.openSearch.index !== undefined && { OPENSEARCH_INDEX: world.openSearch.index }) }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the CLI; resolves with its exit code and all it printed. */
export function parley(chat: Constellation, args: readonly string[], input?: string, into?: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = startParley(chat, args, into);
  child.stdin.end(input ?? '');
  return ended(child);
}

/** Waits for a command's end; resolves with its exit code and all it printed. */
export function ended(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
