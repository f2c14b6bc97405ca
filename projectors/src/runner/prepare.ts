import type { StreamBatch } from '@parley/kernel/event-store/read-stream';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { backoffMs, pause, type Poison } from './failures.ts';
import { openCommits, VaultAway } from './open-commits.ts';
import type { OpenedCommit } from './projection.ts';
import { type Item, readItem, type SealedCommit } from './read-items.ts';

/** One step of the worker, in stream order. */
export type Step =
  /** Commits to apply together; `toSeq` may lie beyond the last, where messages of no concern follow. */
  | { readonly what: 'apply'; readonly toSeq: number; readonly commits: readonly OpenedCommit[]; readonly storedAtMs: number }
  /** A commit that cannot be read at all. */
  | { readonly what: 'park'; readonly toSeq: number; readonly item: Extract<Item, { what: 'corrupt' }>; readonly storedAtMs: number }
  /** A commit of a newer release: everything ends here. */
  | { readonly what: 'stop'; readonly toSeq: number; readonly detail: string; readonly storedAtMs: number };

const stepEventsMax = 2_000;

type Deps = { readonly kinds: readonly string[]; readonly opener: ContentOpener; readonly signal: AbortSignal; readonly onVault: (away: boolean) => void };

/**
 * Turns what was read into steps of at most 2,000 events, content opened. While the vault cannot be reached it waits
 * for ever: a row without its text would be a lie that nothing corrects.
 */
export async function* prepareSteps(batches: AsyncIterable<StreamBatch>, deps: Deps): AsyncGenerator<Step> {
  for await (const batch of batches) {
    for (const part of cut(batch, deps.kinds)) {
      if (deps.signal.aborted) return;
      yield* stepsOf(part, deps);
    }
  }
}

type Part = { readonly items: readonly Item[]; readonly toSeq: number; readonly storedAtMs: number };

/** Parts of at most 2,000 events; a commit that is corrupt or unknown is a part of its own. */
function* cut(batch: StreamBatch, kinds: readonly string[]): Generator<Part> {
  let items: Item[] = [];
  let events = 0;
  let before: { toSeq: number; storedAtMs: number } | undefined;
  for (const message of batch) {
    const item = readItem(message, kinds);
    const place = { toSeq: message.seq, storedAtMs: message.storedAtMs };
    const size = item?.what === 'commit' ? item.events.length : 0;
    const alone = item !== undefined && item.what !== 'commit';
    if (before && (alone || (items.length > 0 && events + size > stepEventsMax))) {
      yield { items, ...before };
      items = [];
      events = 0;
      before = undefined;
    }
    if (alone) {
      yield { items: [item], ...place };
      continue;
    }
    if (item) items.push(item);
    events += size;
    before = place;
  }
  if (before) yield { items, ...before };
}

async function* stepsOf({ items, toSeq, storedAtMs }: Part, deps: Deps): AsyncGenerator<Step> {
  const first = items[0];
  if (first?.what === 'unknown') {
    yield { what: 'stop', toSeq, detail: first.detail, storedAtMs };
    return;
  }
  if (first?.what === 'corrupt') {
    yield { what: 'park', toSeq, item: first, storedAtMs };
    return;
  }
  let commits: OpenedCommit[] = [];
  for (const result of await openPatiently(items as readonly Extract<Item, { what: 'commit' }>[], deps)) {
    if ('opened' in result) {
      commits.push(result.opened);
      continue;
    }
    const seq = result.sealed.seq;
    if (commits.length > 0) yield { what: 'apply', toSeq: commits.at(-1)!.seq, commits, storedAtMs };
    commits = [];
    yield { what: 'park', toSeq: seq, item: corrupt(result.sealed, result.poison), storedAtMs };
  }
  if (commits.length > 0 || items.length === 0 || items.at(-1)!.seq < toSeq) yield { what: 'apply', toSeq, commits, storedAtMs };
}

function corrupt({ seq, aggregate }: SealedCommit, { reason, message }: Poison): Extract<Item, { what: 'corrupt' }> {
  return { what: 'corrupt', seq, aggregate, reason, detail: message };
}

async function openPatiently(items: readonly SealedCommit[], { opener, signal, onVault }: Deps) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const opened = await openCommits(opener, items);
      if (attempt > 0) onVault(false);
      return opened;
    } catch (error) {
      if (!(error instanceof VaultAway) || signal.aborted) throw error;
      onVault(true);
      await pause(backoffMs(attempt), signal);
      if (signal.aborted) throw error;
    }
  }
}
