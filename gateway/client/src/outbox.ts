import type { CommitFrame } from '@parley/contracts/realtime/frames';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import { waitMs } from './backoff.ts';
import { type ClientCommand, isKept, isStored, laneOf } from './commands.ts';
import type { Ack, OutboxEntry, OutboxRecord, OutboxStore } from './outbox-entry.ts';
import { mayRetry, ProblemError } from './problem-error.ts';

/** Commands waiting at once. */
export const outboxEntriesMax = 1_000;
/** A command is answered within 9 s or by a problem; who hears neither asks again, under the same id. */
const answerMsMax = 12_000;
/** How often one command may go under a new id before it is given up. */
const renewalsMax = 3;

export type OutboxOptions = {
  readonly store: OutboxStore;
  readonly newId: () => string;
  /** The server's clock, milliseconds since 1970. */
  readonly serverNow: () => number;
  readonly random: () => number;
  /** Hands a command to the socket; false when there is none. */
  readonly transmit: (id: string, command: ClientCommand) => boolean;
  /** Looks for a message that may have been stored under an id too old to be repeated. */
  readonly findMessage: (roomId: string, messageId: string) => Promise<Ack | undefined>;
  /** Whether the state shows what an answer tells of. */
  readonly isFolded: (command: ClientCommand, ack: Ack) => boolean;
  readonly onPut: (entry: OutboxEntry) => void;
  readonly onRemoved: (key: string) => void;
};

type Item = { entry: OutboxEntry; stored: boolean; renewals: number; waiting: boolean; timer: ReturnType<typeof setTimeout> | undefined; settle: Settle | undefined };
type Settle = { readonly resolve: (ack: Ack) => void; readonly reject: (error: Error) => void };

/**
 * Commands on their way: written to the store before they go, in order within their lane, repeated under the same id
 * until there is an answer. What a person typed and was refused stays as `failed` until they decide.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** By key, oldest first. */
  readonly #items = new Map<string, Item>();
  readonly #lanes = new Map<string, Item[]>();
  readonly #restored: Promise<void>;
  #connected = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#restored = this.#restore();
  }

  /** Queues a command. Resolves with its answer, rejects with ProblemError. */
  add(command: ClientCommand): Promise<Ack> {
    const replaced = command.type === 'mark-read' ? this.#unsent(laneOf(command)) : undefined;
    if (replaced) {
      replaced.entry = { ...replaced.entry, command };
      return Promise.resolve(ackOfReplaced(replaced.entry));
    }
    if (this.#closed || this.#items.size >= outboxEntriesMax) return rejected(problem('overloaded', { detail: this.#closed ? 'The client is closed.' : 'Too many messages wait to be sent.' }));
    const id = this.#options.newId();
    return this.#enqueue({ key: id, id, command, createdAtMs: this.#options.serverNow(), state: 'queued', attempts: 0 });
  }

  /** Sends a failed command again, under the same id. */
  retry(key: string): Promise<Ack> {
    const item = this.#failed(key);
    if (!item) return rejected(problem('not-found'));
    const { problem: _, ...entry } = item.entry;
    this.#items.delete(key);
    return this.#enqueue({ ...entry, state: 'queued', attempts: 0 });
  }

  /** Sends a failed command with another text: that is another command, so it has another id. */
  edit(key: string, text: string): Promise<Ack> {
    const item = this.#failed(key);
    if (!item || !isKept(item.entry.command)) return rejected(problem('not-found'));
    this.#forget(item);
    return this.add({ ...item.entry.command, text } as ClientCommand);
  }

  discard(key: string): void {
    const item = this.#failed(key);
    if (item) this.#forget(item);
  }

  connected(): void {
    this.#connected = true;
    for (const lane of [...this.#lanes.keys()]) this.#pump(lane);
  }

  /** What was under way has no answer now: it waits for the next connection. */
  disconnected(): void {
    this.#connected = false;
    for (const item of this.#items.values()) {
      if (item.entry.state !== 'sent') continue;
      clearTimeout(item.timer);
      this.#put(item, { state: 'queued' });
    }
  }

  /** The gateway accepted a command. */
  acknowledged(ack: Ack): void {
    const item = this.#byId(ack.id);
    if (!item || (item.entry.state !== 'sent' && item.entry.state !== 'queued')) return;
    this.#succeed(item, answerTo(item.entry.command, ack));
  }

  /** The gateway refused a command, for now or for good. */
  refused(id: string, refusal: Problem): void {
    const item = this.#byId(id);
    if (!item || item.entry.state !== 'sent') return;
    clearTimeout(item.timer);
    if (refusal.code === 'id-too-old' || refusal.code === 'id-in-future') this.#renew(item, refusal).catch(() => this.#repeatLater(item, refusal));
    else if (mayRetry(refusal)) this.#repeatLater(item, refusal);
    else this.#fail(item, refusal);
  }

  /** Events in the log answer their commands, should the answer itself be late or lost. */
  committed(frame: CommitFrame): void {
    if (this.#items.size === 0) return;
    for (const event of frame.events) {
      const item = this.#byId(event.commandId);
      // Whether somebody has the name is known only behind this.
      if (!item || event.type === 'user.rename-started') continue;
      const { settle } = item;
      this.#forget(item);
      settle?.resolve({ id: event.commandId, n: event.n, events: 1, seq: frame.seq, at: frame.at, cursor: frame.cursor, ...(frame.kind === 'room' && { roomId: frame.id }) });
    }
  }

  /** Lets go of answered commands whose effect is shown: after pages were loaded their frames never come. */
  sweep(): void {
    for (const item of [...this.#items.values()]) {
      const { state, ack, command } = item.entry;
      if (state === 'acked' && ack && this.#options.isFolded(command, ack)) this.#forget(item);
    }
  }

  /** Stops sending. What is stored goes on with the next start. */
  close(): void {
    this.#closed = true;
    this.#connected = false;
    for (const item of this.#items.values()) {
      clearTimeout(item.timer);
      item.settle?.reject(new ProblemError(problem('unavailable', { detail: 'The client was closed before the answer came.' })));
      item.settle = undefined;
    }
  }

  async #restore(): Promise<void> {
    const records = await this.#options.store.load().catch(() => []);
    if (this.#closed) return;
    for (const record of records.slice(0, outboxEntriesMax)) {
      if (this.#items.has(record.key)) continue;
      const item = newItem({ ...record, state: record.problem ? 'failed' : 'queued', attempts: 0 });
      item.stored = true;
      this.#items.set(record.key, item);
      this.#options.onPut(item.entry);
      if (item.entry.state !== 'failed') this.#laneOf(item).push(item);
    }
    // Keys are UUIDv7: their order is that in which the commands were given, also those given meanwhile.
    for (const items of this.#lanes.values()) items.sort((a, b) => (a.entry.key < b.entry.key ? -1 : 1));
    for (const lane of [...this.#lanes.keys()]) this.#pump(lane);
  }

  #enqueue(entry: OutboxEntry): Promise<Ack> {
    const item = newItem(entry);
    const answer = new Promise<Ack>((resolve, reject) => {
      item.settle = { resolve, reject };
    });
    // The failure is in the state as well: a caller may ignore the promise.
    answer.catch(() => {});
    this.#items.set(entry.key, item);
    this.#laneOf(item).push(item);
    if (entry.command.type !== 'mark-read') this.#options.onPut(entry);
    this.#store(item)
      .catch(() => {})
      .then(() => this.#restored)
      .then(() => {
        item.stored = true;
        this.#pump(laneOf(entry.command));
      }, () => {});
    return answer;
  }

  async #store({ entry }: Item): Promise<void> {
    if (!isStored(entry.command)) return;
    const { key, id, command, createdAtMs, problem: refusal } = entry;
    await this.#options.store.put({ key, id, command, createdAtMs, ...(entry.state === 'failed' && refusal && { problem: refusal }) } satisfies OutboxRecord);
  }

  #laneOf(item: Item): Item[] {
    const lane = laneOf(item.entry.command);
    const items = this.#lanes.get(lane) ?? [];
    this.#lanes.set(lane, items);
    return items;
  }

  #pump(lane: string): void {
    const item = this.#lanes.get(lane)?.[0];
    if (!item || !this.#connected || !item.stored || item.waiting || item.entry.state !== 'queued') return;
    const { id, command, attempts } = item.entry;
    if (!this.#options.transmit(id, command)) return;
    this.#put(item, { state: 'sent', attempts: attempts + 1 });
    item.timer = setTimeout(() => this.#repeatLater(item, problem('timeout')), answerMsMax);
  }

  #put(item: Item, change: Partial<OutboxEntry>): void {
    item.entry = { ...item.entry, ...change };
    if (item.entry.command.type !== 'mark-read') this.#options.onPut(item.entry);
  }

  #repeatLater(item: Item, refusal: Problem): void {
    if (this.#closed || !this.#items.has(item.entry.key)) return;
    clearTimeout(item.timer);
    this.#put(item, { state: 'queued', problem: refusal });
    item.waiting = true;
    const ms = Math.max(refusal.retryAfterMs ?? 0, waitMs(Math.max(1, item.entry.attempts), this.#options.random));
    item.timer = setTimeout(() => {
      item.waiting = false;
      this.#pump(laneOf(item.entry.command));
    }, ms);
  }

  #succeed(item: Item, ack: Ack): void {
    const { settle, entry } = item;
    clearTimeout(item.timer);
    item.settle = undefined;
    const isShown = 'target' in entry.command || entry.command.type === 'post-message';
    if (!isShown || ack.events === 0 || this.#options.isFolded(entry.command, ack)) this.#forget(item);
    else {
      this.#leaveLane(item);
      const { problem: _, ...clean } = entry;
      item.entry = clean;
      this.#put(item, { state: 'acked', ack });
      this.#unstore(item);
    }
    settle?.resolve(ack);
  }

  #fail(item: Item, refusal: Problem): void {
    const { settle } = item;
    item.settle = undefined;
    if (isKept(item.entry.command)) {
      this.#put(item, { state: 'failed', problem: refusal });
      this.#leaveLane(item);
      this.#store(item).catch(() => {});
    } else this.#forget(item);
    settle?.reject(new ProblemError(refusal));
  }

  /** The id lies outside the window in which repeats are recognised: what was stored is looked for, what was not goes under a new id. */
  async #renew(item: Item, refusal: Problem): Promise<void> {
    const { command, id } = item.entry;
    const found = command.type === 'post-message' && refusal.code === 'id-too-old' ? await this.#options.findMessage(command.roomId, id) : undefined;
    if (this.#closed || !this.#items.has(item.entry.key)) return;
    if (found) return this.#succeed(item, found);
    if (item.renewals >= renewalsMax) return this.#fail(item, refusal);
    item.renewals += 1;
    item.entry = { ...item.entry, id: this.#options.newId() };
    await this.#store(item).catch(() => {});
    this.#put(item, { state: 'queued' });
    this.#pump(laneOf(command));
  }

  #forget(item: Item): void {
    clearTimeout(item.timer);
    this.#items.delete(item.entry.key);
    this.#unstore(item);
    this.#options.onRemoved(item.entry.key);
    this.#leaveLane(item);
  }

  #unstore({ entry }: Item): void {
    if (isStored(entry.command)) this.#options.store.delete(entry.key).catch(() => {});
  }

  #leaveLane(item: Item): void {
    const lane = laneOf(item.entry.command);
    const items = this.#lanes.get(lane);
    const at = items?.indexOf(item) ?? -1;
    if (!items || at < 0) return;
    items.splice(at, 1);
    if (items.length === 0) this.#lanes.delete(lane);
    else this.#pump(lane);
  }

  #byId(id: string): Item | undefined {
    const direct = this.#items.get(id);
    if (direct?.entry.id === id) return direct;
    for (const item of this.#items.values()) if (item.entry.id === id) return item;
    return undefined;
  }

  #failed(key: string): Item | undefined {
    const item = this.#items.get(key);
    return item?.entry.state === 'failed' ? item : undefined;
  }

  #unsent(lane: string): Item | undefined {
    const last = this.#lanes.get(lane)?.at(-1);
    return last?.entry.state === 'queued' ? last : undefined;
  }
}

const newItem = (entry: OutboxEntry): Item => ({ entry, stored: false, renewals: 0, waiting: false, timer: undefined, settle: undefined });

/** The answer without what belongs to its frame; a gateway names the room only where the command did not. */
function answerTo(command: ClientCommand, { id, n, events, seq, at, cursor, roomId, repeated }: Ack): Ack {
  const room = ('roomId' in command ? command.roomId : undefined) ?? roomId;
  return { id, n, events, seq, at, cursor, ...(room !== undefined && { roomId: room }), ...(repeated && { repeated }) };
}

/** A marker that a later one replaced before it went: nobody waits for its number. */
const ackOfReplaced = ({ id, createdAtMs }: OutboxEntry): Ack => ({ id, n: 0, events: 0, seq: 0, at: new Date(createdAtMs).toISOString(), cursor: '' });

function rejected(refusal: Problem): Promise<never> {
  const answer = Promise.reject(new ProblemError(refusal));
  answer.catch(() => {});
  return answer;
}

/** Keeps nothing over a restart. */
export function memoryOutbox(): OutboxStore {
  const records = new Map<string, OutboxRecord>();
  return {
    load: async () => [...records.values()],
    put: async (record) => {
      records.set(record.key, record);
    },
    delete: async (key) => {
      records.delete(key);
    },
  };
}
