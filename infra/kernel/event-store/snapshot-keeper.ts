import { hashOf } from './commit-codec.ts';
import type { Confirmed } from './confirmed.ts';
import type { EventLog } from './event-log.ts';
import type { AggregateObserver } from './observer.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotBucket, type SnapshotKey, snapshotKeyOf } from './snapshots.ts';

const snapshotEveryEvents = 1_000;
const snapshotEveryMs = 60_000;
/** On eviction and at the end a state is worth writing only if reading it again would take more than a moment. */
const farewellEvents = 64;
const openMsMax = 2_000;

type Written = { readonly n: number; readonly atMs: number };

/** Writes and opens snapshots. Never an obstacle: a snapshot that cannot be had is none, one that cannot be written is an alarm. */
export class SnapshotKeeper {
  readonly #bucket: SnapshotBucket | undefined;
  readonly #log: EventLog;
  readonly #observer: AggregateObserver;
  readonly #nowMs: () => number;
  readonly #written = new Map<string, Written>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(bucket: SnapshotBucket | undefined, log: EventLog, observer: AggregateObserver, nowMs: () => number) {
    this.#bucket = bucket;
    this.#log = log;
    this.#observer = observer;
    this.#nowMs = nowMs;
  }

  /** A state from which the log can be folded on; undefined if there is none, or it is not of this log. Throws LogUnavailable. */
  async open(key: SnapshotKey): Promise<Confirmed | undefined> {
    const bytes = await this.#fetch(key);
    const snapshot = bytes && (await decodeSnapshot(key, bytes));
    if (!snapshot) return undefined;
    const last = await this.#log.readAt(key.aggregate, snapshot.link.seq);
    if (!last || hashOf(last.bytes) !== snapshot.link.prev) return undefined;
    this.#written.set(snapshotKeyOf(key), { n: snapshot.link.n, atMs: this.#nowMs() });
    return { state: snapshot.state, link: snapshot.link, remembered: snapshot.remembered };
  }

  /** To be called with each state just acknowledged: writes it when enough events and time have passed. */
  offer(key: SnapshotKey, confirmed: Confirmed): void {
    if (!this.#bucket) return;
    const name = snapshotKeyOf(key);
    const last = this.#written.get(name);
    if (confirmed.link.n - (last?.n ?? 0) < snapshotEveryEvents || (last && this.#nowMs() - last.atMs < snapshotEveryMs)) return;
    this.#write(name, key, confirmed);
  }

  /** The aggregate leaves memory. */
  farewell(key: SnapshotKey, confirmed: Confirmed): void {
    if (!this.#bucket) return;
    const name = snapshotKeyOf(key);
    if (confirmed.link.n - (this.#written.get(name)?.n ?? 0) >= farewellEvents) this.#write(name, key, confirmed);
    this.#written.delete(name);
  }

  /** Deletes a snapshot that was found to be wrong. */
  drop(key: SnapshotKey): void {
    const name = snapshotKeyOf(key);
    this.#written.delete(name);
    this.#observer.alarm?.({ alarm: 'snapshot-failed', aggregate: key.aggregate, detail: 'the snapshot does not fit its log; it is deleted' });
    this.#bucket?.delete(name).catch((error: unknown) => this.#failed(key, error));
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  async #fetch(key: SnapshotKey): Promise<Uint8Array | undefined> {
    if (!this.#bucket) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => { timer = setTimeout(() => resolve(undefined), openMsMax); });
    try {
      return await Promise.race([this.#bucket.get(snapshotKeyOf(key)), late]);
    } catch (error) {
      this.#failed(key, error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #write(name: string, key: SnapshotKey, confirmed: Confirmed): void {
    const bucket = this.#bucket;
    if (!bucket || this.#writing.has(name)) return;
    this.#written.set(name, { n: confirmed.link.n, atMs: this.#nowMs() });
    const writing = (async () => {
      try {
        // Encoding begins at once, so commits that follow do not get in.
        await bucket.put(name, await encodeSnapshot(key, confirmed));
      } catch (error) {
        this.#failed(key, error);
      }
      this.#writing.delete(name);
    })();
    this.#writing.set(name, writing);
  }

  #failed({ aggregate }: SnapshotKey, error: unknown): void {
    this.#observer.alarm?.({ alarm: 'snapshot-failed', aggregate, detail: error instanceof Error ? error.message : String(error) });
  }
}
