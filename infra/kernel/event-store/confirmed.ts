import type { AggregateRef, Commit } from '@parley/contracts/envelope/commit';
import { upcast } from '@parley/contracts/registry/events';
import type { Decider, Decision, EventPlace } from '../decider/decider.ts';
import { firstLink, type Link, nextLink } from './chain.ts';
import { decodeCommit } from './commit-codec.ts';
import type { StoredCommit } from './event-log.ts';
import { RememberedCommands } from './remembered-commands.ts';

/** An event as deciders make and meet it. */
export type DecidedEvent = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

/** Any decider; which state and command it takes is known only where it was written. */
export type AnyDecider = {
  readonly initial: unknown;
  readonly stateVersion: number;
  readonly decide: (state: never, command: never) => Decision<DecidedEvent, string>;
  readonly evolve: (state: never, event: never, at: EventPlace) => unknown;
};
export type ErasedDecider = Decider<unknown, unknown, DecidedEvent, string>;

/** An aggregate as the log has it: only acknowledged or re-read commits ever get in here. */
export type Confirmed = { state: unknown; link: Link; readonly remembered: RememberedCommands };

export const emptyConfirmed = (decider: ErasedDecider): Confirmed => ({ state: decider.initial, link: firstLink, remembered: new RememberedCommands() });

/**
 * Folds one stored commit into `confirmed`, wholly or not at all, and returns it decoded.
 * Throws CorruptCommit, BrokenChain, UnknownEvent.
 */
export function foldCommit(confirmed: Confirmed, decider: ErasedDecider, ws: string, aggregate: AggregateRef, { seq, bytes }: StoredCommit): Commit {
  const commit = decodeCommit(bytes);
  const link = nextLink(confirmed.link, ws, aggregate, commit, bytes, seq);
  let { state } = confirmed;
  let { n } = commit;
  for (const stored of commit.events) {
    const { type, data } = upcast(stored);
    state = decider.evolve(state, { type, data }, { n, by: stored.by, at: commit.at, commandId: stored.commandId });
    n += 1;
  }
  confirmed.state = state;
  confirmed.link = link;
  rememberCommit(confirmed.remembered, commit, seq);
  return commit;
}

/** Events of one command lie side by side; its first one carries the mac. */
function rememberCommit(remembered: RememberedCommands, { n, at, events }: Commit, seq: number): void {
  let from = 0;
  while (from < events.length) {
    const first = events[from] as Commit['events'][number];
    let to = from + 1;
    while (to < events.length && events[to]?.commandId === first.commandId) to += 1;
    remembered.remember(first.commandId, { by: first.by, mac: first.mac, n: n + from, events: to - from, seq, at });
    from = to;
  }
}
