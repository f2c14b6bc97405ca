import type { Commit } from '@parley/contracts/envelope/commit';
import type { ContentOpener, Opened } from '@parley/kernel/sealing/content';
import { commandIndexes } from '@parley/kernel/sealing/command-indexes';
import { CliError, exitCodes } from '../exit-codes.ts';

/** What an event says, field by field; null where it was erased. */
export type Content = Readonly<Record<string, unknown>> | null;
export type Texts = ReadonlyMap<number, Content>;

/** A sealed event, with its place in its commit. */
export type SealedEvent = { readonly commit: Commit; readonly at: number };

/**
 * Opens sealed events of any commits with one fetch of keys. Content that does not open under its own key is undefined,
 * and `onBroken` is told. Throws CliError (69) when the vault cannot be asked.
 */
export async function openEvents(opener: ContentOpener, sealed: readonly SealedEvent[], onBroken: (what: string) => void): Promise<readonly (Opened | undefined)[]> {
  if (sealed.length === 0) return [];
  const items = sealed.map(({ commit, at }) => ({ kind: commit.kind, id: commit.id, event: commit.events[at]!, index: commandIndexes(commit.events)[at]! }));
  let answers: readonly (Opened | undefined)[];
  try {
    answers = await opener.openAll(items);
  } catch {
    // One of them is broken; which one, only asking for each tells.
    answers = await Promise.all(items.map(({ kind, id, event, index }) => opener.open({ kind, id }, event, index).catch((error: unknown) => onBroken(error instanceof Error ? error.message : String(error)) as undefined)));
  }
  if (answers.some((answer) => answer && 'unavailable' in answer)) throw new CliError(exitCodes.unavailable, 'The vault cannot be asked for keys.', 'Look at VAULT_URL and PARLEY_KEK, or leave the content sealed.');
  return answers;
}

/** Opens the sealed events of one commit for which `isWanted` (by index); undefined for all others. Throws as `openEvents`. */
export async function openCommit(opener: ContentOpener, commit: Commit, onBroken: (what: string) => void, isWanted: (index: number) => boolean = () => true): Promise<readonly (Opened | undefined)[]> {
  const places = commit.events.flatMap(({ sealed }, at) => (sealed && isWanted(at) ? [at] : []));
  const answers = await openEvents(opener, places.map((at) => ({ commit, at })), onBroken);
  return commit.events.map((_, at) => (places.includes(at) ? answers[places.indexOf(at)] : undefined));
}

/** The content, or null for what was erased. */
export const textOf = (opened: Opened | undefined): Content => (opened && 'content' in opened ? opened.content : null);
