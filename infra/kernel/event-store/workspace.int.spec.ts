import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats } from '../nats/connect.ts';
import { provisionStreams } from '../nats/provision.ts';
import { encodeCommit } from './commit-codec.ts';
import { requireWorkspace, workspaceOf } from './workspace.ts';

let dir: string;
let server: Nats;
let nc: NatsConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-workspace-'));
  server = await startNats({ dir });
  nc = await connectNats({ url: server.url, name: 'spec' });
  await provisionStreams(nc, { replicas: 1 });
}, 60_000);
afterAll(async () => {
  await nc.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test('a log is anybody’s until its first commit says whose, whatever else lies before it', async () => {
  expect(await workspaceOf(nc)).toBeUndefined();
  await requireWorkspace(nc, 'main');
  const room = { kind: 'room', id: 'kitchen' } as const;
  const others = Array.from({ length: 40 }, (_, index) => ({ kind: 'user', id: `person-${index}` }) as const).filter((aggregate) => streamOf(aggregate) !== streamOf(room));
  for (const aggregate of others) await nc.request(subjectOf(aggregate), 'no commit');
  expect(await workspaceOf(nc)).toBeUndefined();
  await nc.request(subjectOf(room), encodeCommit({ v: 1, ws: 'acme', ...room, n: 1, prev: '', at: '2026-01-01T00:00:00.000Z', events: [{ type: 'room.created', v: 2, commandId: '01a2223a-bfd6-722e-bde8-e34e1667efb9', by: 'system', data: {} }] }));
  expect(await workspaceOf(nc)).toBe('acme');
});

test('whoever is set to another one is refused, and told which', async () => {
  await requireWorkspace(nc, 'acme');
  await expect(requireWorkspace(nc, 'main')).rejects.toThrow('the log is of workspace "acme", and PARLEY_WS is "main"');
});
