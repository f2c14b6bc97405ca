import type { AggregateKind, Commit, StoredEvent } from '@parley/contracts/envelope/commit';

/** What a commit's event means to who may see what. `n` is the event's number in its room. */
export type ControlFact = { readonly type: 'joined' | 'left' | 'deleted'; readonly n: number; readonly userId: string };
/** What an event means to the words of a message. `n` is the event's own number. */
export type WordFact = { readonly n: number; readonly kind: 'posted' | 'edited' | 'redacted'; readonly messageId: string; readonly author: string };

// Measured on the heap of Node 24, with places in the rings: what an entry, a fact with its ids and a buffer take beside their bytes.
const entryBytes = 900;
const factBytes = 190;
const bodyBytes = 200;

/**
 * One commit in the gateway's memory: its sealed bytes and, once somebody here was concerned, what was read from them.
 * `body` is the frame's JSON without its cursor; it is rewritten when words in it are redacted.
 */
export class Entry {
  readonly stream: number;
  readonly seq: number;
  readonly subject: string;
  readonly kind: AggregateKind;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly storedAtMs: number;
  /** True when the commit changes who is in a room. */
  readonly isControl: boolean;
  readonly traceparent: string | undefined;
  /** Number of the first and the last event; 0 until decoded. */
  n = 0;
  lastN = 0;
  controls: readonly ControlFact[] = [];
  words: readonly WordFact[] = [];
  /** Of a person's own commit; empty for others. */
  eventTypes: readonly string[] = [];
  /** Of a reader's commit: how far they have read where. */
  markers: readonly { readonly roomId: string; readonly n: number }[] = [];
  body: Buffer | undefined = undefined;
  hidden: Set<number> | undefined = undefined;
  /** For a person's own commits: rooms of that person at that time, whose members are told. */
  audience: readonly string[] | undefined = undefined;
  /** Being made for somebody; others wait for the same. */
  making: Promise<void> | undefined = undefined;
  /** What the ring has counted for this entry; 0 while it is in none. */
  charged = 0;

  constructor(fields: Pick<Entry, 'stream' | 'seq' | 'subject' | 'kind' | 'id' | 'bytes' | 'storedAtMs' | 'isControl' | 'traceparent'>) {
    this.stream = fields.stream;
    this.seq = fields.seq;
    this.subject = fields.subject;
    this.kind = fields.kind;
    this.id = fields.id;
    this.bytes = fields.bytes;
    this.storedAtMs = fields.storedAtMs;
    this.isControl = fields.isControl;
    this.traceparent = fields.traceparent;
  }

  get isDecoded(): boolean {
    return this.n > 0;
  }
  /** Bytes that keeping this entry costs, within some tenths. */
  get cost(): number {
    const facts = this.controls.length + this.words.length;
    return entryBytes + this.bytes.byteLength + facts * factBytes + (this.body ? bodyBytes + this.body.byteLength : 0);
  }

  /** Notes what a decoded commit says about membership and words. */
  learn(commit: Commit): void {
    this.n = commit.n;
    this.lastN = commit.n + commit.events.length - 1;
    if (commit.kind === 'user') this.eventTypes = commit.events.map(({ type }) => type);
    if (commit.kind === 'reader') this.markers = commit.events.map(({ data }) => ({ roomId: text(data['roomId']), n: Number(data['n']) }));
    if (commit.kind !== 'room') return;
    const controls: ControlFact[] = [];
    const words: WordFact[] = [];
    commit.events.forEach((event, index) => {
      const control = controlOf(event, commit.n + index);
      if (control) controls.push(control);
      const word = wordOf(event, commit.n + index);
      if (word) words.push(word);
    });
    this.controls = controls;
    this.words = words;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function controlOf(event: StoredEvent, n: number): ControlFact | undefined {
  const userId = text(event.data['userId']);
  switch (event.type) {
    case 'room.member-joined':
      return { type: 'joined', n, userId };
    case 'room.member-left':
    case 'room.member-removed':
      return { type: 'left', n, userId };
    case 'room.deleted':
      return { type: 'deleted', n, userId: '' };
    default:
      return undefined;
  }
}

function wordOf(event: StoredEvent, n: number): WordFact | undefined {
  const messageId = text(event.data['messageId']);
  switch (event.type) {
    case 'message.posted':
      return { n, kind: 'posted', messageId, author: text(event.data['author']) };
    case 'message.edited':
      return { n, kind: 'edited', messageId, author: event.by };
    case 'message.redacted':
      return { n, kind: 'redacted', messageId, author: event.by };
    default:
      return undefined;
  }
}
