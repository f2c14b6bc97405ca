import type { AggregateKind, Sealed, StoredEvent } from '@parley/contracts/envelope/commit';

/**
 * What is bound to a sealed blob besides its key (never `n`: a re-decided command keeps its blob).
 * `index` is the event's place among its own command's events, 0 for most; not its place in the commit.
 */
export type SealContext = { readonly kind: AggregateKind; readonly id: string; readonly commandId: string; readonly index: number; readonly type: string };

/** Opened content, or why there is none: `erased` (a key was destroyed), `unavailable` (the vault cannot be reached now). */
export type Opened = { readonly content: Readonly<Record<string, unknown>> } | { readonly erased: true } | { readonly unavailable: true };

/** Seals on the write side. One call per command, before anything is queued. */
export type ContentSealer = {
  /**
   * Seals personal content under the key that `person`, the aggregate and the command id's month determine.
   * `commandIdForMonth` fixes the month, so that a repeated command uses the same key. Throws ContentErased, VaultUnavailable.
   */
  seal(context: SealContext, person: string, content: Readonly<Record<string, unknown>>): Promise<Sealed>;
  /** Keyed hash (base64url, 128 bit) of the canonical command under a key that dies with `person`. Throws ContentErased, VaultUnavailable. */
  mac(person: string, canonicalCommand: string): Promise<string>;
  /** HMAC-SHA256 (base64url) of a normalised name under the deployment's pepper. */
  claimIdOf(normalisedName: string): Promise<string>;
};

/** Opens on the read side. `index` is that of the SealContext: `commandIndexes` tells it for the events of a commit. Keys are fetched in bulk and cached (≤ 1 h); `openAll` opens every sealed event of some commits with one fetch. */
export type ContentOpener = {
  open(aggregate: { readonly kind: AggregateKind; readonly id: string }, event: StoredEvent, index: number): Promise<Opened>;
  openAll(items: readonly { readonly kind: AggregateKind; readonly id: string; readonly event: StoredEvent; readonly index: number }[]): Promise<readonly Opened[]>;
  /** Forgets cached keys whose scope mentions the person or room: after an erasure broadcast, or a gap in it. */
  forget(scope?: string): void;
};
