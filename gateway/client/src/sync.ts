import type { CommitFrame, ServerFrame } from '@parley/contracts/realtime/frames';
import type { Problem } from '@parley/contracts/problems/codes';
import type { Action } from './actions.ts';
import type { CursorStore } from './api.ts';
import { sleep, waitMs } from './backoff.ts';
import type { Loader } from './loader.ts';
import type { Outbox } from './outbox.ts';
import type { ServerClock } from './server-clock.ts';
import type { ConnectionState } from './state.ts';

const saveCursorEveryMs = 1_000;

export type SyncOptions = {
  readonly dispatch: (action: Action) => void;
  readonly loader: Loader;
  readonly outbox: Outbox;
  readonly now: () => number;
  readonly random: () => number;
  readonly clock: ServerClock;
  readonly cursorStore: CursorStore | undefined;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onWelcome: () => void;
};

type Welcome = Extract<ServerFrame, { type: 'welcome' }>;

/**
 * Keeps the state in step with the log over one connection after another: after a fresh start or a reset it reads pages,
 * after a resume it takes the whole gap as one change, and it moves the cursor only past what the state has.
 */
export class Sync {
  readonly #options: SyncOptions;
  #resumeCursor: string | undefined;
  #heardCursor: string | undefined;
  /** Frames of a gap that is being resumed. */
  #gap: CommitFrame[] | undefined;
  #gateway = '';
  #generation = 0;
  #loaded = false;
  #loading = false;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** Where the next connection resumes: everything up to here is in the state. */
  get resumeCursor(): string | undefined {
    return this.#resumeCursor;
  }
  /** The newest position that was heard of, for `after=`. */
  get heardCursor(): string | undefined {
    return this.#heardCursor;
  }

  /** Reads the cursor of an earlier run, if one was kept. */
  async prepare(): Promise<void> {
    this.#resumeCursor ??= await this.#options.cursorStore?.load();
  }

  connectionChanged(state: ConnectionState): void {
    if (state.state !== 'connecting') {
      this.#generation += 1;
      this.#gap = undefined;
      this.#loading = false;
      this.#options.outbox.disconnected();
    }
    this.#options.dispatch({ type: 'connection', connection: state });
  }

  stop(): void {
    this.#generation += 1;
  }

  /** Resolves when the cursor is with its store. */
  async saved(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#save();
    await this.#saving;
  }

  receive(frame: ServerFrame): void {
    const { outbox, dispatch, now } = this.#options;
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'commit':
        this.#commit(frame);
        break;
      case 'ack':
        outbox.acknowledged(frame);
        break;
      case 'error':
        if (frame.id !== undefined) outbox.refused(frame.id, frame.problem as unknown as Problem);
        break;
      case 'live':
        this.#live(frame.cursor);
        break;
      case 'pong':
        this.#advance(frame.cursor);
        if (!this.#gap && !this.#loading) this.#showLive();
        break;
      case 'entered':
        this.#heardCursor = frame.cursor;
        dispatch({ type: 'frames', frames: [frame], nowMs: now() });
        break;
      default:
        dispatch({ type: 'frames', frames: [frame], nowMs: now() });
    }
    this.#options.onFrame(frame);
  }

  #welcome(frame: Welcome): void {
    const { dispatch, outbox } = this.#options;
    this.#generation += 1;
    this.#gateway = frame.gateway;
    this.#heardCursor = frame.cursor;
    this.#gap = frame.resume === 'resumed' ? [] : undefined;
    dispatch({ type: 'connection', connection: { state: 'catching-up', done: 0 }, me: frame.userId });
    this.#options.onWelcome();
    outbox.connected();
    if (frame.resume !== 'resumed') this.#resumeCursor = undefined;
    if (frame.resume !== 'resumed' || !this.#loaded) this.#load(frame.cursor, this.#generation).catch(() => {});
  }

  /** Reads everything anew, as often as it takes, until the connection changes. */
  async #load(after: string, generation: number): Promise<void> {
    const isCurrent = (): boolean => generation === this.#generation;
    this.#loading = true;
    for (let attempt = 1; isCurrent(); attempt += 1) {
      try {
        if (!(await this.#options.loader.sync(after, isCurrent))) return;
        this.#loaded = true;
        this.#loading = false;
        if (this.#gap) return;
        this.#advance(this.#heardCursor ?? after);
        this.#options.outbox.sweep();
        this.#showLive();
        return;
      } catch {
        await sleep(waitMs(attempt, this.#options.random));
      }
    }
  }

  #commit(frame: CommitFrame): void {
    const { dispatch, outbox, now } = this.#options;
    outbox.committed(frame);
    this.#heardCursor = frame.cursor;
    if (this.#gap) {
      this.#gap.push(frame);
      dispatch({ type: 'connection', connection: { state: 'catching-up', done: this.#gap.length } });
      return;
    }
    dispatch({ type: 'frames', frames: [frame], nowMs: now() });
    this.#advance(frame.cursor);
  }

  #live(cursor: string): void {
    const { dispatch, outbox, now } = this.#options;
    const gap = this.#gap;
    this.#gap = undefined;
    if (gap && gap.length > 0) dispatch({ type: 'frames', frames: gap, nowMs: now() });
    this.#advance(cursor);
    if (this.#loading) return;
    outbox.sweep();
    this.#showLive();
  }

  #showLive(): void {
    this.#options.dispatch({ type: 'connection', connection: { state: 'live', gateway: this.#gateway, roundTripMs: this.#options.clock.roundTripMs } as ConnectionState });
  }

  /** While pages are being read, or a gap is open, what was heard is not yet in the state. */
  #advance(cursor: string): void {
    this.#heardCursor = cursor;
    if (this.#gap || this.#loading) return;
    this.#resumeCursor = cursor;
    if (this.#options.cursorStore) this.#saveTimer ??= setTimeout(() => this.#save(), saveCursorEveryMs);
  }

  #save(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const cursor = this.#resumeCursor;
    const { cursorStore } = this.#options;
    if (cursor === undefined || !cursorStore) return;
    this.#saving = this.#saving.then(() => cursorStore.save(cursor)).catch(() => {});
  }
}
