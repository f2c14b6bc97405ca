import type { Budgets, Spending } from '@parley/kernel/stores/budgets';
import { logger } from '@parley/kernel/telemetry/log';
import { LRUCache } from 'lru-cache';
import { TokenBucket } from './token-bucket.ts';

/** `name`: what is limited; the same for all gateways. */
export type LimitRule = { readonly name: string; readonly perSecond: number; readonly burst: number };

/** Something that each key (a person, an address) may do so often. */
export type Limit = {
  /** Milliseconds until the next one of `key` may pass; 0 when it passed now. Never waits for anything. */
  take(key: string): number;
  /** How many of `key` may pass now. */
  left(key: string): number;
};

type Account = { readonly bucket: TokenBucket; /** Passed here and not yet booked. */ spent: number; bookedAtMs: number; isDue: boolean };
type Due = { readonly rule: LimitRule; readonly key: string; readonly account: Account };

const keysMax = 100_000;
const keptMs = 10 * 60_000;
const bookEveryMs = 50;
const bookingsMax = 2_000;
/** What was quiet for so long is booked with its first use: it may have been busy elsewhere. */
const quietMs = 10_000;
/** A key in use is booked each time an eighth of its burst has passed here. */
const bookingsPerBurst = 8;
const connectingMsMax = 2_000;
const beatEveryMs = 2_000;

/**
 * Limits of all gateways together. A frame is judged by a bucket in memory; what passed is booked afterwards, many keys
 * in one go, with a budget that all gateways share, and whatever others spent is taken off the bucket here: more than
 * allowed makes debt, which is waited off, so the average holds wherever somebody connects. While the shared budgets
 * cannot be had, every gateway grants its share: the limit divided by the gateways that were last seen.
 */
export class Limits {
  readonly #budgets: Budgets | undefined;
  readonly #instance: string;
  readonly #limits = new Map<string, Limit>();
  readonly #due: Due[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isBooking = false;
  #gateways = 1;
  #isAlone = false;
  /** Whether somebody was told that it is alone. */
  #isTold = false;
  /** Connections are just being made before that. */
  readonly #toldFromMs = performance.now() + connectingMsMax;
  readonly #beating: NodeJS.Timeout | undefined;

  constructor(budgets: Budgets | undefined, instance: string) {
    this.#budgets = budgets;
    this.#instance = instance;
    if (!budgets) return;
    this.#beat();
    this.#beating = setInterval(() => this.#beat(), beatEveryMs);
  }

  /** The part of every limit that this gateway grants by itself: 1 while the budgets are shared. */
  get share(): number {
    return this.#isAlone ? 1 / this.#gateways : 1;
  }

  /** The limit of this name; the same object for the same name. */
  of(rule: LimitRule): Limit {
    const known = this.#limits.get(rule.name);
    if (known) return known;
    const limit = this.#make(rule);
    this.#limits.set(rule.name, limit);
    return limit;
  }

  #make(rule: LimitRule): Limit {
    const accounts = new LRUCache<string, Account>({ max: keysMax, ttl: keptMs, updateAgeOnGet: true });
    const bookAfter = Math.max(1, Math.floor(rule.burst / bookingsPerBurst));
    const burstHere = (): number => Math.max(1, rule.burst * this.share);
    const accountOf = (key: string, nowMs: number): Account => {
      let account = accounts.get(key);
      if (!account) {
        account = { bucket: new TokenBucket(burstHere(), nowMs), spent: 0, bookedAtMs: Number.NEGATIVE_INFINITY, isDue: false };
        accounts.set(key, account);
      }
      return account;
    };
    return {
      take: (key) => {
        const nowMs = performance.now();
        const account = accountOf(key, nowMs);
        const waitMs = account.bucket.take(rule.perSecond * this.share, burstHere(), nowMs);
        if (waitMs > 0 || !this.#budgets) return waitMs;
        account.spent = Math.min(rule.burst, account.spent + 1);
        if (!account.isDue && (account.spent >= bookAfter || nowMs - account.bookedAtMs > quietMs)) this.#book({ rule, key, account });
        return 0;
      },
      left: (key) => {
        const nowMs = performance.now();
        return accountOf(key, nowMs).bucket.left(rule.perSecond * this.share, burstHere(), nowMs);
      },
    };
  }

  #book(due: Due): void {
    due.account.isDue = true;
    this.#due.push(due);
    this.#timer ??= setTimeout(() => void this.#bookAll(), bookEveryMs);
  }

  async #bookAll(): Promise<void> {
    this.#timer = undefined;
    if (this.#isBooking || !this.#budgets) return;
    this.#isBooking = true;
    const taken = this.#due.splice(0, bookingsMax);
    const nowMs = performance.now();
    const spendings = taken.map(({ rule, key, account }): Spending => {
      const { spent } = account;
      account.spent = 0;
      account.bookedAtMs = nowMs;
      account.isDue = false;
      return { key: `${rule.name}:${key}`, perSecond: rule.perSecond, burst: rule.burst, spent };
    });
    const left = await this.#budgets.spend(spendings);
    this.#isBooking = false;
    this.#heard(left !== undefined);
    taken.forEach(({ rule, account }, index) => {
      const budget = left?.[index];
      // Booked later, when the budgets are back.
      if (budget === undefined) account.spent = Math.min(rule.burst, account.spent + (spendings[index]?.spent ?? 0));
      else account.bucket.atMost(budget - account.spent);
    });
    if (this.#due.length > 0) this.#timer ??= setTimeout(() => void this.#bookAll(), bookEveryMs);
  }

  #beat(): void {
    this.#budgets?.members('gateways', this.#instance).then(
      (gateways) => {
        this.#heard(gateways !== undefined);
        if (gateways !== undefined) this.#gateways = Math.max(1, gateways);
      },
      () => this.#heard(false),
    );
  }

  #heard(answered: boolean): void {
    this.#isAlone = !answered;
    if (this.#isAlone === this.#isTold || (this.#isAlone && performance.now() < this.#toldFromMs)) return;
    this.#isTold = this.#isAlone;
    if (this.#isAlone) logger('gateway').warn({ gateways: this.#gateways }, 'limits are not shared while Redis does not answer: this gateway grants its part');
    else logger('gateway').info('limits are shared again');
  }

  stop(): void {
    clearInterval(this.#beating);
    clearTimeout(this.#timer);
  }
}
