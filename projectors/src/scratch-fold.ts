import type { StreamMessage } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { prepareReadDatabase } from './generations/first.ts';
import { allProjections } from './projections/all.ts';
import { applyCommits } from './runner/apply.ts';
import { type Lane, laneSchema, readCheckpoint } from './runner/checkpoint.ts';
import { Poison, Stopped } from './runner/failures.ts';
import { prepareSteps } from './runner/prepare.ts';

export type ScratchFold = {
  readonly sql: Sql;
  /** Applies messages of one stream, in order, each once: what was applied by an earlier run is passed over. Throws Poison or Stopped where a running projection would park or stop. */
  take(stream: string, messages: readonly StreamMessage[]): Promise<void>;
  close(): Promise<void>;
};

export type ScratchOptions = {
  /** Any database of the server; its role must be allowed to create databases. */
  readonly databaseUrl: string;
  /** The scratch database: made if it is not there, gone on with if it is. */
  readonly name: string;
  readonly opener: ContentOpener;
  /** Epoch of each stream. */
  readonly epochs: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** Opens a scratch database with the read model's tables, into which any prefix of any aggregates' logs may be folded by the projections that run. */
export async function openScratchFold({ databaseUrl, name, opener, epochs, signal }: ScratchOptions): Promise<ScratchFold> {
  const url = addressWith(databaseUrl, { database: name });
  await withAdmin(databaseUrl, async (admin) => {
    const there = await admin`select 1 from pg_database where datname = ${name}`;
    if (there.length === 0) await admin`create database ${admin(name)}`;
  });
  const sql = openPostgres(url, { max: 4, name: 'parley-scratch-fold', statementTimeoutMs: 0 });
  const projections = allProjections();
  await prepareReadDatabase(url, sql, projections);
  const reached = new Map<string, number>();
  const apply = async (lane: Lane, messages: readonly StreamMessage[]): Promise<void> => {
    const key = `${lane.projection.name} ${lane.stream}`;
    let at = reached.get(key) ?? (await readCheckpoint(sql, lane, epochs[lane.stream] ?? '')).seq;
    const fresh = messages.filter(({ seq }) => seq > at);
    for await (const step of prepareSteps(once(fresh), { kinds: lane.projection.kinds, opener, signal, onVault: () => {} })) {
      if (step.what === 'stop') throw new Stopped(step.detail);
      if (step.what === 'park') throw new Poison(step.item.reason, step.item.detail);
      const from = at;
      if (step.commits.length > 0) await lane.projection.prepare?.(sql, laneSchema(lane), step.commits);
      await sql.begin((tx) => applyCommits(tx, lane, from, step.toSeq, step.commits));
      at = step.toSeq;
    }
    reached.set(key, at);
  };
  return {
    sql,
    async take(stream, messages) {
      for (const projection of projections) if (projection.streams.includes(stream)) await apply({ projection, generation: 1, stream }, messages);
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/** Drops a scratch database with everything in it; nothing happens if there is none. */
export async function dropScratchDatabase(databaseUrl: string, name: string): Promise<boolean> {
  return withAdmin(databaseUrl, async (admin) => {
    const there = await admin`select 1 from pg_database where datname = ${name}`;
    if (there.length > 0) await admin`drop database ${admin(name)} with (force)`;
    return there.length > 0;
  });
}

async function withAdmin<T>(databaseUrl: string, work: (admin: Sql) => Promise<T>): Promise<T> {
  const admin = openPostgres(databaseUrl, { max: 1, name: 'parley-scratch-fold' });
  try {
    return await work(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

async function* once(messages: readonly StreamMessage[]): AsyncGenerator<readonly StreamMessage[]> {
  await Promise.resolve();
  if (messages.length > 0) yield messages;
}
