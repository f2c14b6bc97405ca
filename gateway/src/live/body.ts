import type { Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import type { FrameEvent } from '@parley/contracts/realtime/frames';
import { UnknownEvent, upcast } from '@parley/contracts/registry/events';
import type { Opened } from '@parley/kernel/sealing/content';
import type { Entry, WordFact } from './entry.ts';

/** Newest shape of an event; one that this build does not know is passed on as it is, and clients count it. */
export function newestShape(event: StoredEvent): StoredEvent {
  try {
    return upcast(event);
  } catch (error) {
    if (error instanceof UnknownEvent) return event;
    throw error;
  }
}

function frameEvent(event: StoredEvent, n: number, opened: Opened | undefined): FrameEvent {
  const { type, v, commandId, by, data } = newestShape(event);
  const base = { type, v, n, commandId, by, data };
  if (opened === undefined) return base;
  if ('content' in opened) return { ...base, content: opened.content };
  return 'unavailable' in opened ? { ...base, content: null, unavailable: true } : { ...base, content: null };
}

/**
 * JSON of a commit frame up to where its cursor goes. `opened` runs along the commit's events, undefined where nothing
 * is sealed.
 */
export function bodyOf(commit: Commit, seq: number, opened: readonly (Opened | undefined)[], traceparent: string | undefined): Buffer {
  const frame = {
    type: 'commit', kind: commit.kind, id: commit.id, seq, n: commit.n, at: commit.at,
    events: commit.events.map((event, index) => frameEvent(event, commit.n + index, opened[index])),
    ...(traceparent !== undefined && { traceparent }),
  };
  const json = JSON.stringify(frame);
  return Buffer.from(json.slice(0, -1), 'utf8');
}

/** Rewrites an entry's frame so that the contents of these events are null. Returns whether anything changed. */
export function hideContents(entry: Entry, numbers: readonly number[]): boolean {
  const fresh = numbers.filter((n) => !entry.hidden?.has(n));
  if (fresh.length === 0) return false;
  entry.hidden ??= new Set();
  for (const n of fresh) entry.hidden.add(n);
  if (!entry.body) return true;
  const frame = JSON.parse(`${entry.body.toString('utf8')}}`) as { events: FrameEvent[] };
  frame.events = frame.events.map((event) => {
    if (!entry.hidden?.has(event.n)) return event;
    const { unavailable: _, ...rest } = event;
    return { ...rest, content: null };
  });
  entry.body = Buffer.from(JSON.stringify(frame).slice(0, -1), 'utf8');
  return true;
}

/**
 * Removes from a room's gap what is no longer to be read: words that a later event of the gap took away, or put others
 * in the place of. Entries ascend; the gap must reach to the head, because a redaction always has a higher number.
 */
export function removeGoneWords(entries: readonly Entry[]): void {
  const settled = new Set<string>();
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index] as Entry;
    const gone: number[] = [];
    for (let at = entry.words.length - 1; at >= 0; at -= 1) {
      const word = entry.words[at] as WordFact;
      if (word.kind !== 'redacted' && settled.has(word.messageId)) gone.push(word.n);
      if (word.kind !== 'posted') settled.add(word.messageId);
    }
    if (gone.length > 0) hideContents(entry, gone);
  }
}
