import { randomBytes } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { type CanonicalDump, canonicalDump } from './canonical-dump.ts';
import { prepareReadDatabase } from './generations/first.ts';
import { allProjections } from './projections/all.ts';
import { applyCommits } from './runner/apply.ts';
import { type Lane, laneSchema, readCheckpoint } from './runner/checkpoint.ts';
import { Poison, Stopped } from './runner/failures.ts';
import { prepareSteps } from './runner/prepare.ts';

export type CleanFoldOptions = {
  readonly nc: NatsConnection;
  /** Any database of the server on which the scratch database is made; its role must be allowed to create databases. */
  readonly databaseUrl: string;
  readonly opener: ContentOpener;
  /** Last sequence to fold per stream; a stream that is not named is folded to its end. */
  readonly upTo?: ReadonlyMap<string, number>;
  /** Looks at the scratch database before it is dropped. */
  readonly inspect?: (sql: Sql) => Promise<void>;
};

/**
 * Folds the whole log, by the very projections that run, into a scratch database made for it, and returns the dump of
 * its rows. Equal dumps mean equal tables. Throws Poison or Stopped where a running projection would park or stop.
 */
export async function cleanFold({ nc, databaseUrl, opener, upTo, inspect }: CleanFoldOptions): Promise<CanonicalDump> {
  const name = `parley_fold_${randomBytes(6).toString('hex')}`;
  const admin = openPostgres(databaseUrl, { max: 1, name: 'parley-clean-fold' });
  const scratchUrl = addressWith(databaseUrl, { database: name });
  try {
    await admin`create database ${admin(name)}`;
    const sql = openPostgres(scratchUrl, { max: 4, name: 'parley-clean-fold', statementTimeoutMs: 0 });
    try {
      const projections = allProjections();
      await prepareReadDatabase(scratchUrl, sql, projections);
      for (const projection of projections) {
        for (const stream of projection.streams) await foldStream(sql, nc, opener, { projection, generation: 1, stream }, upTo?.get(stream));
      }
      await inspect?.(sql);
      return await canonicalDump(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  } finally {
    await admin`drop database if exists ${admin(name)} with (force)`;
    await admin.end({ timeout: 5 });
  }
}

async function foldStream(sql: Sql, nc: NatsConnection, opener: ContentOpener, lane: Lane, upTo: number | undefined): Promise<void> {
  const state = await streamState(nc, lane.stream);
  let at = (await readCheckpoint(sql, lane, state.epoch)).seq;
  const batches = drainStream(nc, lane.stream, 1, upTo ?? state.lastSeq);
  const signal = new AbortController().signal;
  for await (const step of prepareSteps(batches, { kinds: lane.projection.kinds, opener, signal, onVault: () => {} })) {
    if (step.what === 'stop') throw new Stopped(step.detail);
    if (step.what === 'park') throw new Poison(step.item.reason, step.item.detail);
    const from = at;
    if (step.commits.length > 0) await lane.projection.prepare?.(sql, laneSchema(lane), step.commits);
    await sql.begin((tx) => applyCommits(tx, lane, from, step.toSeq, step.commits));
    at = step.toSeq;
  }
}
