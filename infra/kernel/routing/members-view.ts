import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node';
import { compareReleases } from '@parley/contracts/registry/writing';
import { membersBucket } from '@parley/contracts/wire/subjects';
import { z } from 'zod';
import { memberTtlMs } from '../nats/provision.ts';
import { logger } from '../telemetry/log.ts';

/** A live command-service instance, as it describes itself. */
export const Member = z.object({
  instance: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  weight: z.number().min(0).max(1_000_000),
});
export type Member = z.infer<typeof Member>;

/** Who is alive, as far as this process knows. It may be wrong for some seconds: nothing but speed rests on it. */
export type MembersView = {
  /** Live members, ordered by name. */
  members(): readonly Member[];
  /** The oldest release among them, or undefined if there is nobody. */
  oldestRelease(): string | undefined;
  /** Resolves at the next change, or after `waitMs`. */
  changed(waitMs: number): Promise<void>;
};

export type MembersWatch = MembersView & {
  /** Adds what is known without the bucket: an instance itself. */
  readonly pinned: Map<string, Member>;
  stop(): Promise<void>;
};

const membersMax = 1_000;
/** Beats come each second; a watch that is silent longer than this, although there are members, is made anew. */
const silentMsMax = 2 * memberTtlMs;
const watchdogEveryMs = 1_000;
const retryMs = 500;

/**
 * Follows the bucket of members for as long as the process lives: through reconnections, and through the loss of the
 * bucket (a single server forgets memory streams when it restarts; the members create it again with their next beats).
 * While NATS cannot be asked, the last known members stay: that nobody can be seen is no reason to stop serving.
 */
export function followMembers(nc: NatsConnection, onEntry: (entry: KvWatchEntry) => void = () => {}): MembersWatch {
  return new Follower(nc, onEntry);
}

class Follower implements MembersWatch {
  readonly pinned = new Map<string, Member>();
  readonly #nc: NatsConnection;
  readonly #onEntry: (entry: KvWatchEntry) => void;
  readonly #known = new Map<string, Member>();
  readonly #waiters = new Set<() => void>();
  /** Members from before the present watch that it has not shown yet. */
  #unconfirmed = new Set<string>();
  #sorted: readonly Member[] | undefined;
  #watch: QueuedIterator<KvWatchEntry> | undefined;
  #watchSince = 0;
  #heardAt = 0;
  #stopped = false;
  readonly #watchdog: NodeJS.Timeout;
  readonly #running: Promise<void>;

  constructor(nc: NatsConnection, onEntry: (entry: KvWatchEntry) => void) {
    this.#nc = nc;
    this.#onEntry = onEntry;
    this.#watchdog = setInterval(() => this.#lookAfterWatch(), watchdogEveryMs);
    this.#watchdog.unref();
    this.#running = this.#run();
    this.#followConnection().catch((error: unknown) => logger('members').error({ err: error }, 'reconnections are no longer followed'));
  }

  members(): readonly Member[] {
    this.#sorted ??= [...new Map([...this.#known, ...this.pinned]).values()].sort((left, right) => (left.instance < right.instance ? -1 : 1));
    return this.#sorted;
  }

  oldestRelease(): string | undefined {
    return this.members()
      .map(({ version }) => version)
      .reduce<string | undefined>((oldest, version) => (oldest === undefined || compareReleases(version, oldest) < 0 ? version : oldest), undefined);
  }

  changed(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, waitMs));
      this.#waiters.add(done);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    this.#watch?.stop();
    this.#tell();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.#nc.isClosed()) {
      try {
        await this.#follow(await new Kvm(this.#nc).open(membersBucket));
      } catch (error) {
        logger('members').debug({ err: error }, 'the members cannot be watched now');
      }
      if (!this.#stopped) await this.changed(retryMs);
    }
  }

  /** Behind a new connection there may be a bucket that knows nothing of the old watch. */
  async #followConnection(): Promise<void> {
    for await (const status of this.#nc.status()) {
      if (this.#stopped) return;
      if (status.type === 'reconnect') this.#watch?.stop();
    }
  }

  async #follow(bucket: KV): Promise<void> {
    const watch = await bucket.watch();
    this.#watch = watch;
    if (this.#stopped) watch.stop();
    this.#unconfirmed = new Set(this.#known.keys());
    this.#watchSince = performance.now();
    this.#heardAt = this.#watchSince;
    for await (const entry of watch) {
      this.#heardAt = performance.now();
      this.#take(entry);
      this.#onEntry(entry);
    }
  }

  #take(entry: KvWatchEntry): void {
    this.#unconfirmed.delete(entry.key);
    const member = entry.operation === 'PUT' ? parse(entry) : undefined;
    const before = this.#known.get(entry.key);
    if (member && (before || this.#known.size < membersMax)) this.#known.set(entry.key, member);
    else this.#known.delete(entry.key);
    if (before?.version !== member?.version || before?.weight !== member?.weight) this.#tell();
  }

  #lookAfterWatch(): void {
    const now = performance.now();
    const watching = this.#watch !== undefined && this.#watchSince > 0;
    if (!watching || this.#nc.isClosed()) return;
    if (this.#unconfirmed.size > 0 && now - this.#watchSince > memberTtlMs + watchdogEveryMs && this.#heardAt > this.#watchSince) {
      for (const instance of this.#unconfirmed) this.#known.delete(instance);
      this.#unconfirmed.clear();
      this.#tell();
    }
    // Without members silence is right, yet a watch on a bucket that is gone is as silent: look again now and then.
    if (now - this.#heardAt > silentMsMax) this.#watch?.stop();
  }

  #tell(): void {
    this.#sorted = undefined;
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** Who is alive right now, asked once. Rejects when the bucket is not there or NATS does not answer. */
export async function readMembers(nc: NatsConnection): Promise<readonly Member[]> {
  const bucket = await new Kvm(nc).open(membersBucket);
  const members: Member[] = [];
  for await (const key of await bucket.keys()) {
    const entry = await bucket.get(key);
    const member = entry?.operation === 'PUT' ? parse(entry) : undefined;
    if (member) members.push(member);
  }
  return members.toSorted((left, right) => (left.instance < right.instance ? -1 : 1));
}

function parse(entry: Pick<KvWatchEntry, 'key' | 'json'>): Member | undefined {
  try {
    const member = Member.parse(entry.json());
    return member.instance === entry.key ? member : undefined;
  } catch {
    return undefined;
  }
}
