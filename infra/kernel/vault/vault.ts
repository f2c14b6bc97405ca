/** 32 random bytes that content keys are derived from. Never written to, never kept longer than the keyring does. */
export type Secret = Uint8Array;

/** What the vault has for a scope: its secret, or word that it was destroyed. A scope it never had is absent from the answer. */
export type Secrets = ReadonlyMap<string, Secret | 'erased'>;

/**
 * Keeps the secrets that all content keys come from, one per scope: `person:<id>`, `room:<id>`, `room:<id>:<yyyymm>`,
 * `pepper`. Destroying a scope is final, and takes the scopes below it (`room:<id>` takes all its months) along: what
 * was sealed under it is unreadable, and nothing can ever be sealed under it again.
 */
export type Vault = {
  /** Secrets of up to 500 scopes, making those that are missing. Throws VaultUnavailable. */
  getOrCreate(scopes: readonly string[]): Promise<Secrets>;
  /** Secrets of up to 500 scopes. Throws VaultUnavailable. */
  get(scopes: readonly string[]): Promise<Secrets>;
  /** Destroys a scope for ever; `reason` (1 to 200 characters) is kept beside the tombstone. Throws VaultUnavailable. */
  destroy(scope: string, reason: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export const secretBytes = 32;
export const scopesPerCallMax = 500;

/** The vault cannot be asked now, or refuses for a while. Nothing was decided; the same call may succeed later. */
export class VaultUnavailable extends Error {
  override readonly name = 'VaultUnavailable';
}

/** Scopes are ours, made from ids that were checked at the door; anything else here is a bug. */
const SCOPE = /^(?:pepper|person:[A-Za-z0-9_-]{1,64}|room:[A-Za-z0-9_-]{1,64}(?::\d{6})?)$/;

/** Throws RangeError for a call that no vault takes. */
export function checkScopes(scopes: readonly string[]): void {
  if (scopes.length > scopesPerCallMax) throw new RangeError(`at most ${scopesPerCallMax} scopes per call, not ${scopes.length}`);
  for (const scope of scopes) if (!SCOPE.test(scope)) throw new RangeError(`not a scope: ${JSON.stringify(scope)}`);
}

/** The scope whose destruction takes this one along. */
export function parentOf(scope: string): string | undefined {
  const parts = scope.split(':');
  return parts.length === 3 ? `${parts[0]}:${parts[1]}` : undefined;
}
