import { LRUCache } from 'lru-cache';
import { scopesPerCallMax, type Secret, type Secrets, type Vault, VaultUnavailable } from '../vault/vault.ts';
import { logger } from '../telemetry/log.ts';
import { deriveKey, type KeySpec } from './keys.ts';

type Known = Secret | 'erased';
/** A key, or why there is none: its secret was destroyed, or the vault did not answer or has lost it. */
export type KeyState = { readonly key: Uint8Array } | 'erased' | 'unavailable';

export type KeyringOptions = {
  /** Makes secrets that are missing (the write side), or only reads (the read side). */
  readonly create: boolean;
  readonly keysMax?: number;
  readonly ttlMs?: number;
};

const cachedKeysMax = 50_000;
/** A destroyed secret must not live on in a process that missed the news of it. */
const cachedMsMax = 3_600_000;
/** The clock is read this often for all look-ups together: an hour need not be known to the millisecond. */
const ttlResolution = 1_000;
/** After a failure the vault is left alone for this long, so that a dead one costs nobody a time-out each. */
const restMs = 500;
/** How long "there is none" is believed on the read side: it means a lost row, and must not become a storm of questions. */
const missingMs = 5_000;
const roundsMax = 3;

/**
 * Keys of one process: secrets fetched from the vault in bulk (calls of the same turn share one question, a scope is
 * asked for once at a time), content keys derived of them, both forgotten after an hour, both bounded.
 */
export class Keyring {
  readonly #vault: Vault;
  readonly #create: boolean;
  readonly #secrets: LRUCache<string, Known>;
  readonly #keys: LRUCache<string, Uint8Array>;
  readonly #missing: LRUCache<string, true>;
  readonly #asking = new Map<string, Promise<void>>();
  #queue: string[] = [];
  #flush: Promise<void> | undefined;
  #generation = 0;
  #restUntilMs = 0;
  #isAway = false;

  constructor(vault: Vault, { create, keysMax = cachedKeysMax, ttlMs = cachedMsMax }: KeyringOptions) {
    this.#vault = vault;
    this.#create = create;
    this.#secrets = new LRUCache({ max: keysMax, ttl: Math.min(ttlMs, cachedMsMax), ttlResolution });
    this.#keys = new LRUCache({ max: keysMax, ttl: Math.min(ttlMs, cachedMsMax), ttlResolution });
    this.#missing = new LRUCache({ max: 10_000, ttl: missingMs });
  }

  /** The key if everything it needs is here; undefined if the vault must be asked. Never waits. */
  cached(spec: KeySpec): KeyState | undefined {
    const ready = this.#keys.get(spec.info);
    if (ready) return { key: ready };
    const secrets = spec.scopes.map((scope) => this.#secrets.get(scope));
    if (secrets.includes('erased')) return 'erased';
    if (secrets.includes(undefined)) return undefined;
    const key = deriveKey(spec, secrets as Secret[]);
    this.#keys.set(spec.info, key);
    return { key };
  }

  /** Fetches what these keys need and is not here. Afterwards `keyNow` answers for each. A vault that cannot be asked is no error here. */
  async fetch(specs: Iterable<KeySpec>): Promise<void> {
    const scopes = new Set([...specs].flatMap((spec) => spec.scopes));
    for (let round = 1; round <= roundsMax; round += 1) {
      const generation = this.#generation;
      const unknown = [...scopes].filter((scope) => !this.#secrets.has(scope) && !this.#missing.has(scope));
      await Promise.all(unknown.map((scope) => this.#ask(scope)));
      // What was asked before something was forgotten is not kept: ask again.
      if (generation === this.#generation) return;
    }
  }

  /** The key, as far as it is known after `fetch`. */
  keyNow(spec: KeySpec): KeyState {
    return this.cached(spec) ?? 'unavailable';
  }

  async key(spec: KeySpec): Promise<KeyState> {
    const now = this.cached(spec);
    if (now !== undefined) return now;
    await this.fetch([spec]);
    return this.keyNow(spec);
  }

  /** Forgets one scope (`person:<id>`, `room:<id>` with its months, or the bare id), or everything; answers under way are not kept. */
  forget(scope?: string): void {
    this.#generation += 1;
    this.#missing.clear();
    // Whoever asks from now on must not be given an answer from before.
    this.#asking.clear();
    // Deriving again costs microseconds; knowing which keys a scope went into would cost memory for ever.
    this.#keys.clear();
    if (scope === undefined) {
      this.#secrets.clear();
      return;
    }
    for (const cached of this.#secrets.keys()) {
      if (cached === scope || cached.startsWith(`${scope}:`) || cached.split(':').includes(scope)) this.#secrets.delete(cached);
    }
  }

  #ask(scope: string): Promise<void> {
    const asked = this.#asking.get(scope);
    if (asked) return asked;
    this.#queue.push(scope);
    // Everything asked for in this turn goes out together.
    this.#flush ??= Promise.resolve().then(() => this.#sendQueue());
    const asking = this.#flush;
    this.#asking.set(scope, asking);
    return asking;
  }

  async #sendQueue(): Promise<void> {
    const scopes = this.#queue;
    this.#queue = [];
    this.#flush = undefined;
    const calls: Promise<void>[] = [];
    for (let at = 0; at < scopes.length; at += scopesPerCallMax) calls.push(this.#call(scopes.slice(at, at + scopesPerCallMax)));
    await Promise.all(calls);
  }

  async #call(scopes: readonly string[]): Promise<void> {
    const generation = this.#generation;
    try {
      if (performance.now() < this.#restUntilMs) return;
      const found = await (this.#create ? this.#vault.getOrCreate(scopes) : this.#vault.get(scopes));
      if (this.#isAway) logger('vault').info('the vault answers again');
      this.#isAway = false;
      if (generation === this.#generation) this.#keep(scopes, found);
    } catch (error) {
      if (!(error instanceof VaultUnavailable)) throw error;
      this.#restUntilMs = performance.now() + restMs;
      if (!this.#isAway) logger('vault').error({ reason: error.message }, 'the vault cannot be asked: whoever’s key is not known yet is refused, waited for, or shown without words');
      this.#isAway = true;
    } finally {
      for (const scope of scopes) this.#asking.delete(scope);
    }
  }

  #keep(scopes: readonly string[], found: Secrets): void {
    for (const scope of scopes) {
      const secret = found.get(scope);
      if (secret === undefined) this.#missing.set(scope, true);
      else this.#secrets.set(scope, secret);
    }
    const lost = scopes.filter((scope) => !found.has(scope));
    if (lost.length > 0) logger('vault').error({ scopes: lost.slice(0, 20), count: lost.length }, 'the vault has no secret for something that was sealed: it is another vault, or an older copy');
  }
}
