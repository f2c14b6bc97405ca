import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { jetstream } from '@nats-io/jetstream';
import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { eventDefinition } from '@parley/contracts/registry/events';
import { streamNames } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { until } from '@parley/dev/until';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { createOpener } from '@parley/kernel/sealing/opener';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { type Servers, startServers } from '@parley/tests/harness/servers';
import { canonicalDump } from '../canonical-dump.ts';
import { cleanFold } from '../clean-fold.ts';
import { projectorsConfig } from '../config.ts';

export const ws = 'main';

/** An event as a spec says it; content is sealed for the one who wrote it. */
export type Said = { readonly type: string; readonly v?: number; readonly by: string; readonly data: Record<string, unknown>; readonly content?: Record<string, unknown>; readonly commandId?: string };

/** A UUIDv7 of now. */
export function uuidv7(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const random = randomUUID().replaceAll('-', '');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(13, 16)}-${'89ab'.charAt(Number.parseInt(random.charAt(16), 16) % 4)}${random.slice(17, 20)}-${random.slice(20)}`;
}

/** Real NATS and PostgreSQL with an empty log, and what writes commits as the event store does. */
export class World {
  readonly servers: Servers;
  readonly nc: NatsConnection;
  readonly sql: Sql;
  readonly env: Record<string, string>;
  readonly #vault: ReturnType<typeof openVault>;
  readonly #sealer: ReturnType<typeof createSealer>;
  readonly #heads = new Map<string, { n: number; prev: string; seq: number }>();

  private constructor(servers: Servers, nc: NatsConnection) {
    this.servers = servers;
    this.nc = nc;
    this.sql = openPostgres(servers.postgres.databaseUrl, { max: 3, name: 'spec' });
    const secrets = makeSecrets();
    this.#vault = openVault({ url: servers.postgres.vaultUrl, kek: secrets.PARLEY_KEK, role: 'spec' });
    this.#sealer = createSealer(this.#vault, ws);
    this.env = {
      NATS_URL: servers.natsUrl, DATABASE_URL: servers.postgres.databaseUrl, VAULT_URL: servers.postgres.vaultUrl, PARLEY_WS: ws, LOG_LEVEL: 'fatal',
      PARLEY_KEK: secrets.PARLEY_KEK, PARLEY_INTERNAL_KEY: secrets.PARLEY_INTERNAL_KEY, ...(servers.redis && { REDIS_URL: servers.redis.url }),
    };
  }

  static async start(redis = false): Promise<World> {
    const servers = await startServers({ redis, sync: 'default' });
    return new World(servers, await connectNats({ url: servers.natsUrl, name: 'spec' }));
  }

  config(instance = `spec-${randomUUID().slice(0, 8)}`) {
    return projectorsConfig.parse({ ...this.env, INSTANCE_ID: instance });
  }

  /** Appends one commit and returns its sequence. Every event is a command of its own unless it names one. */
  async append(aggregate: AggregateRef, said: readonly Said[], at = new Date().toISOString()): Promise<number> {
    const head = this.head(aggregate);
    const events: StoredEvent[] = [];
    for (const { type, v, by, data, content, commandId = (data['messageId'] as string | undefined) ?? uuidv7() } of said) {
      const index = events.filter((event) => event.commandId === commandId).length;
      const person = aggregate.kind === 'user' ? aggregate.id : ((data['author'] as string | undefined) ?? by);
      const sealed = content && (await this.#sealer.seal({ ...aggregate, commandId, index, type }, person, content));
      events.push({ type, v: v ?? eventDefinition(type)?.v ?? 1, commandId, by, data, ...(sealed && { sealed }) });
    }
    const commit: Commit = { v: 1, ws, kind: aggregate.kind, id: aggregate.id, n: head.n + 1, prev: head.prev, at, events };
    return this.appendBytes(aggregate, encodeCommit(commit), events.length);
  }

  /** Appends bytes as they are; they count as `events` events of the aggregate. */
  async appendBytes(aggregate: AggregateRef, bytes: Uint8Array, events: number): Promise<number> {
    const head = this.head(aggregate);
    const { seq } = await jetstream(this.nc).publish(subjectOf(aggregate), bytes, { expect: { lastSubjectSequence: head.seq } });
    this.#heads.set(subjectOf(aggregate), { n: head.n + events, prev: hashOf(bytes), seq });
    return seq;
  }

  head(aggregate: AggregateRef): { readonly n: number; readonly prev: string; readonly seq: number } {
    return this.#heads.get(subjectOf(aggregate)) ?? { n: 0, prev: '', seq: 0 };
  }

  /** Waits until every projection has reached the end of every stream. */
  async settled(timeoutMs = 30_000): Promise<void> {
    const ends = new Map(await Promise.all(streamNames.map(async (stream) => [stream, (await streamState(this.nc, stream)).lastSeq] as const)));
    await until('the projections', async () => {
      const rows = await this.sql<{ stream: string; seq: number }[]>`select stream, seq from ops.active_checkpoint`;
      return rows.length === 36 && rows.every(({ stream, seq }) => seq >= ends.get(stream)!);
    }, { timeoutMs });
  }

  /** The tables as they are, and as a fold of the whole log makes them. */
  async dumps() {
    const [rows, fold] = [await canonicalDump(this.sql), await cleanFold({ nc: this.nc, databaseUrl: this.servers.postgres.databaseUrl, opener: this.opener() })];
    return { rows, fold };
  }

  get vault(): ReturnType<typeof openVault> {
    return this.#vault;
  }

  opener() {
    return createOpener(this.#vault, ws);
  }

  /** Starts the projectors as a process of their own. */
  fork(env: Record<string, string> = {}): { readonly child: ChildProcess; readonly ended: Promise<NodeJS.Signals | null> } {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const child = fork(main, [], { env: { ...process.env, ...this.env, ...env }, execArgv: ['--conditions=parley-source', '--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return { child, ended: new Promise((resolve) => { child.once('exit', (_code, signal) => resolve(signal)); }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vault[Symbol.asyncDispose]();
    await this.sql.end({ timeout: 2 });
    await this.nc.close();
    await this.servers.stop();
  }
}
