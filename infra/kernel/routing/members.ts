import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { membersBucket } from '@parley/contracts/wire/subjects';
import { skewOf } from '../nats/clock.ts';
import { memberTtlMs, provisionMembers } from '../nats/provision.ts';
import { logger } from '../telemetry/log.ts';
import { followMembers, type Member, type MembersView } from './members-view.ts';

export type { Member, MembersView } from './members-view.ts';

export type Membership = MembersView & {
  oldestRelease(): string;
  /** How far this host's clock is from the log's, in milliseconds, positive when ahead; undefined before the first beat was stored. */
  clockSkewMs(): number | undefined;
  /** Takes the own key away, so that others know at once, and stops. Takes 1 s at most. */
  leave(): Promise<void>;
};

const beatEveryMs = 1_000;
/** A beat that takes longer is lost; the next one finds out how things are. */
const beatMsMax = 2_000;
const leaveMsMax = 1_000;

/**
 * Joins the members as a command-service instance: beats the own key each second (it lives 3 s), and follows the
 * others'. Resolves when the first beat was stored. Later failures of the bucket change nothing but what others see:
 * what may be written is decided by the log alone, never by membership.
 */
export async function joinMembers(nc: NatsConnection, self: Member): Promise<Membership> {
  const beats = new Beats(nc, self);
  await beats.start();
  const follower = followMembers(nc);
  follower.pinned.set(self.instance, self);
  return {
    members: () => follower.members(),
    oldestRelease: () => follower.oldestRelease() ?? self.version,
    changed: (waitMs) => follower.changed(waitMs),
    clockSkewMs: () => beats.skewMs,
    async leave() {
      await beats.stop();
      await follower.stop();
    },
  };
}

/** Who is alive, for those who send commands. Resolves at once; the first members are seen some milliseconds later. */
export async function watchMembers(nc: NatsConnection): Promise<MembersView & { stop(): Promise<void> }> {
  const follower = followMembers(nc);
  return {
    members: () => follower.members(),
    oldestRelease: () => follower.oldestRelease(),
    changed: (waitMs) => follower.changed(waitMs),
    stop: () => follower.stop(),
  };
}

/** One instance's own key in the bucket. */
class Beats {
  skewMs: number | undefined;
  readonly #nc: NatsConnection;
  readonly #self: Member;
  #bucket: KV | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #failing = false;
  #stopped = false;

  constructor(nc: NatsConnection, self: Member) {
    this.#nc = nc;
    this.#self = self;
  }

  async start(): Promise<void> {
    await this.#put();
    this.#timer = setInterval(() => {
      // A beat that waits for a dead server is not followed by a second one.
      this.#beating ??= this.#beat();
    }, beatEveryMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, leaveMsMax);
    });
    await Promise.race([late, this.#removeKey()]);
    clearTimeout(timer);
  }

  async #removeKey(): Promise<void> {
    try {
      await this.#beating;
      await this.#bucket?.delete(this.#self.instance);
    } catch (error) {
      logger('members').info({ err: error }, 'the own key stays until it expires');
    }
  }

  async #beat(): Promise<void> {
    try {
      await this.#put();
      if (this.#failing) logger('members').info('beats are stored again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) logger('members').warn({ err: error }, 'a beat was not stored; others may think that this instance is gone');
      this.#failing = true;
      // The bucket may be gone with a server that keeps it in memory.
      this.#bucket = undefined;
    } finally {
      this.#beating = undefined;
    }
  }

  async #put(): Promise<void> {
    this.#bucket ??= await this.#openBucket();
    if (this.#stopped) return;
    const sentAt = Date.now();
    const revision = await this.#bucket.put(this.#self.instance, JSON.stringify(this.#self));
    const storedBy = Date.now();
    const entry = await this.#bucket.get(this.#self.instance, { revision });
    // Stored between sending it and hearing so.
    if (entry) this.skewMs = skewOf(sentAt, storedBy, entry.created.getTime());
  }

  async #openBucket(): Promise<KV> {
    const jsm = await jetstreamManager(this.#nc, { timeout: memberTtlMs });
    const { config } = await jsm.streams.info(streamNames[0] as string);
    await provisionMembers(this.#nc, config.num_replicas);
    return new Kvm(jetstream(this.#nc, { timeout: beatMsMax })).open(membersBucket);
  }
}
