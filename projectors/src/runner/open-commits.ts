import { eventDefinition } from '@parley/contracts/registry/events';
import type { ContentOpener, Opened } from '@parley/kernel/sealing/content';
import { Poison } from './failures.ts';
import type { OpenedCommit, OpenedEvent } from './projection.ts';
import { indexesInCommands, type SealedCommit } from './read-items.ts';

/** The vault cannot be reached: not a hole in the rows, but a reason to wait. */
export class VaultAway extends Error {
  override readonly name = 'VaultAway';
}

export type OpenResult = { readonly opened: OpenedCommit } | { readonly poison: Poison; readonly sealed: SealedCommit };

/**
 * Opens the sealed content of some commits with one fetch of keys. Throws VaultAway; content that does not open under
 * its key, or is not of its event's shape, is poison of that commit alone.
 */
export async function openCommits(opener: ContentOpener, commits: readonly SealedCommit[]): Promise<OpenResult[]> {
  const asked = commits.flatMap(({ aggregate, commit }) => {
    const indexes = indexesInCommands(commit.events);
    return commit.events.flatMap((event, position) => (event.sealed ? [{ ...aggregate, event, index: indexes[position]! }] : []));
  });
  const answers = asked.length === 0 ? [] : await openAll(opener, asked);
  if (answers.some((answer) => 'unavailable' in answer)) throw new VaultAway('keys cannot be had now');
  let next = 0;
  return commits.map((sealed) => {
    const events: OpenedEvent[] = [];
    let poison: Poison | undefined;
    sealed.events.forEach(({ type, by, commandId, data }, position) => {
      const place = { type, n: sealed.commit.n + position, by, commandId, data };
      if (!sealed.commit.events[position]!.sealed) return void events.push(place);
      const answer = answers[next++]!;
      if ('broken' in answer) poison ??= new Poison('content-broken', answer.broken);
      else if (!('content' in answer)) events.push({ ...place, content: null });
      else if (fits(type, answer.content)) events.push({ ...place, content: answer.content });
      else poison ??= new Poison('invalid-content', type);
    });
    if (poison) return { poison, sealed };
    const { seq, aggregate, commit, hash, traceparent } = sealed;
    return { opened: { seq, kind: aggregate.kind, id: aggregate.id, n: commit.n, at: commit.at, prev: commit.prev, hash, events, ...(traceparent && { traceparent }) } };
  });
}

function fits(type: string, content: unknown): boolean {
  const schema = eventDefinition(type)?.content;
  return schema === undefined || schema.safeParse(content).success;
}

type Asked = Parameters<ContentOpener['openAll']>[0];
type Answer = Exclude<Opened, { unavailable: true }> | { readonly unavailable: true } | { readonly broken: string };

/** One fetch for all; only when that fails, one by one to find which content it is. */
async function openAll(opener: ContentOpener, asked: Asked): Promise<readonly Answer[]> {
  try {
    return await opener.openAll(asked);
  } catch {
    const answers: Answer[] = [];
    for (const { kind, id, event, index } of asked) {
      try {
        answers.push(await opener.open({ kind, id }, event, index));
      } catch (error) {
        answers.push({ broken: error instanceof Error ? error.message : 'does not open' });
      }
    }
    return answers;
  }
}
