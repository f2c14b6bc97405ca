import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { startNats } from '@parley/dev/servers/nats';
import { startPostgres } from '@parley/dev/servers/postgres';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { connectNats } from '@parley/kernel/nats/connect';
import { provisionStreams } from '@parley/kernel/nats/provision';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { createOpener } from '@parley/kernel/sealing/opener';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { memoryVault } from '@parley/kernel/vault/memory-vault';
import { prepareReadDatabase } from '@parley/projectors/generations/first';
import { allProjections } from '@parley/projectors/projections/all';
import type { AnyProjection } from '@parley/projectors/runner/projection';
import { type ArchiveShape, writeArchive } from './archive-log.ts';

export type ReadSide = {
  readonly dir: string;
  readonly nc: NatsConnection;
  readonly sql: Sql;
  readonly log: Awaited<ReturnType<typeof openJetStreamLog>>;
  /** With no key cached. */
  readonly opener: () => ContentOpener;
  readonly conversations: AnyProjection;
  readonly events: number;
};

/** Runs `work` over servers of its own whose log holds an archive of this shape; the keys are in memory. */
export async function withReadSide(shape: ArchiveShape, work: (side: ReadSide) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-read-'));
  const [nats, postgres] = await Promise.all([startNats({ dir: join(dir, 'nats'), sync: 'default' }), startPostgres({ dir: join(dir, 'postgres'), fsync: true })]);
  try {
    const nc = await connectNats({ url: nats.url, name: 'bench' });
    await provisionStreams(nc, { replicas: 1 });
    const sql = openPostgres(postgres.databaseUrl, { max: 20, name: 'bench', statementTimeoutMs: 0 });
    await prepareReadDatabase(postgres.databaseUrl, sql, allProjections());
    const vault = memoryVault();
    const events = await writeArchive(nc, createSealer(vault, 'main'), shape);
    const conversations = allProjections().find(({ name }) => name === 'conversations')!;
    try {
      await work({ dir, nc, sql, log: await openJetStreamLog(nc), opener: () => createOpener(vault, 'main'), conversations, events });
    } finally {
      await sql.end({ timeout: 5 });
      await nc.close();
    }
  } finally {
    await Promise.all([nats.stop(), postgres.stop()]);
    await rm(dir, { recursive: true, force: true });
  }
}
