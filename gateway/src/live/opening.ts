import type { Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { ContentOpener, Opened } from '@parley/kernel/sealing/content';
import { logger } from '@parley/kernel/telemetry/log';
import { bodyOf, hideContents } from './body.ts';
import type { Entry } from './entry.ts';

type Item = { readonly kind: Commit['kind']; readonly id: string; readonly event: StoredEvent; readonly index: number };

/** Bytes that cannot be read are told once and passed over: a live gateway must not stand still for them. */
export function decodeEntry(entry: Entry): Commit | undefined {
  try {
    const commit = decodeCommit(entry.bytes);
    if (!entry.isDecoded) entry.learn(commit);
    return commit;
  } catch (error) {
    logger('gateway').error({ err: error, subject: entry.subject, seq: entry.seq }, 'a commit cannot be read');
    return undefined;
  }
}

/** An event's place among the events of its own command, which its sealed content is bound to. */
function placesInCommand(commit: Commit): number[] {
  const seen = new Map<string, number>();
  return commit.events.map(({ commandId }) => {
    const place = seen.get(commandId) ?? 0;
    seen.set(commandId, place + 1);
    return place;
  });
}

/** Makes the frames of commits: decodes them and opens what is sealed, with one fetch of keys for all. */
export class Opening {
  readonly #opener: ContentOpener;
  readonly #recount: (entry: Entry) => void;

  constructor(opener: ContentOpener, recount: (entry: Entry) => void) {
    this.#opener = opener;
    this.#recount = recount;
  }

  /** Gives every entry its `body`; those that cannot be read stay without. Never throws. */
  async make(entries: readonly Entry[]): Promise<void> {
    const fresh = entries.filter(({ body, making }) => !body && !making);
    const under = new Set(entries.flatMap(({ making }) => making ?? []));
    if (fresh.length > 0) {
      const making = this.#make(fresh);
      for (const entry of fresh) entry.making = making;
      under.add(making);
    }
    await Promise.all(under);
  }

  async #make(entries: readonly Entry[]): Promise<void> {
    const work: { readonly entry: Entry; readonly commit: Commit; readonly places: readonly number[]; readonly from: number }[] = [];
    const items: Item[] = [];
    for (const entry of entries) {
      const commit = decodeEntry(entry);
      if (!commit) continue;
      const places = placesInCommand(commit);
      work.push({ entry, commit, places, from: items.length });
      commit.events.forEach((event, at) => {
        if (event.sealed) items.push({ kind: commit.kind, id: commit.id, event, index: places[at] ?? 0 });
      });
    }
    const opened = await this.#open(items);
    for (const { entry, commit, from } of work) {
      let next = from;
      const along = commit.events.map((event) => (event.sealed ? opened[next++] : undefined));
      this.#finish(entry, commit, along);
    }
    for (const entry of entries) entry.making = undefined;
  }

  #finish(entry: Entry, commit: Commit, opened: readonly (Opened | undefined)[]): void {
    try {
      entry.body = bodyOf(commit, entry.seq, opened, entry.traceparent);
    } catch (error) {
      logger('gateway').error({ err: error, subject: entry.subject, seq: entry.seq }, 'a frame cannot be made');
      return;
    }
    // Words that were taken away while their key was fetched stay away.
    const hidden = entry.hidden;
    entry.hidden = undefined;
    if (hidden) hideContents(entry, [...hidden]);
    this.#recount(entry);
  }

  async #open(items: readonly Item[]): Promise<readonly Opened[]> {
    if (items.length === 0) return [];
    try {
      return await this.#opener.openAll(items);
    } catch (error) {
      logger('gateway').error({ err: error }, 'content cannot be opened');
    }
    // One that is corrupt must not take the others with it.
    return Promise.all(items.map(({ kind, id, event, index }) => this.#opener.open({ kind, id }, event, index).catch((): Opened => ({ erased: true }))));
  }
}
