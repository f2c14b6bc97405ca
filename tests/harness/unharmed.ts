import assert from 'node:assert/strict';
import { memoryOf } from './memory.ts';
import type { Constellation } from './constellation.ts';
import { readLog } from './read-log.ts';

const services = ['gateway', 'command-service', 'query-service', 'projectors'] as const;

/**
 * Does something hostile and fails unless the log is as long as before, every process is the one it was and ready, no
 * prototype of ours was touched, and no process grew by more than `bytesMax` (64 MiB unless told).
 */
export async function unharmed(chat: Constellation, act: () => Promise<void>, bytesMax = 64 * 2 ** 20): Promise<void> {
  const pids = () => services.map((name) => chat.service(name).pid);
  const memory = () => pids().map(memoryOf);
  const before = { stored: (await readLog(chat.servers.natsUrl)).length, pids: pids(), memory: memory() };
  await act();
  assert.equal((await readLog(chat.servers.natsUrl)).length, before.stored, 'something was stored');
  assert.deepEqual(pids(), before.pids, 'a process ended');
  for (const name of services) assert.equal((await fetch(`${chat.service(name).url}/health/ready`)).status, 200, `${name} is not ready`);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  memory().forEach((bytes, index) => assert.ok(bytes - before.memory[index]! < bytesMax, `${services[index]} grew by ${bytes - before.memory[index]!} bytes`));
}
