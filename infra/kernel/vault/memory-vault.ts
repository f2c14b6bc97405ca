import { randomBytes } from 'node:crypto';
import { checkScopes, parentOf, type Secret, secretBytes, type Secrets, type Vault, VaultUnavailable } from './vault.ts';

export type MemoryVault = Vault & {
  /** From now on every call fails with VaultUnavailable, or works again. */
  setAvailable(available: boolean): void;
  /** Calls that were answered so far. */
  readonly calls: number;
};

/** A vault that forgets everything with its process: for tests, and for trying things out. */
export function memoryVault(): MemoryVault {
  const entries = new Map<string, Secret | 'erased'>();
  let available = true;
  let calls = 0;

  const enter = (scopes: readonly string[]): void => {
    checkScopes(scopes);
    if (!available) throw new VaultUnavailable('the vault is switched off');
    calls += 1;
  };
  const find = (scope: string): Secret | 'erased' | undefined => (entries.get(parentOf(scope) ?? '') === 'erased' ? 'erased' : entries.get(scope));
  const read = (scopes: readonly string[]): Secrets =>
    new Map(
      scopes.flatMap((scope) => {
        const found = find(scope);
        return found === undefined ? [] : [[scope, found]];
      }),
    );
  return {
    async getOrCreate(scopes) {
      enter(scopes);
      for (const scope of scopes) if (find(scope) === undefined) entries.set(scope, randomBytes(secretBytes));
      return read(scopes);
    },
    async get(scopes) {
      enter(scopes);
      return read(scopes);
    },
    async destroy(scope) {
      enter([scope]);
      for (const each of [...entries.keys()].filter((key) => key === scope || parentOf(key) === scope)) entries.set(each, 'erased');
      entries.set(scope, 'erased');
    },
    async [Symbol.asyncDispose]() {
      entries.clear();
    },
    setAvailable(next) {
      available = next;
    },
    get calls() {
      return calls;
    },
  };
}
