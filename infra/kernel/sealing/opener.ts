import type { AggregateKind, StoredEvent } from '@parley/contracts/envelope/commit';
import type { Vault } from '../vault/vault.ts';
import { open } from './aead.ts';
import { associatedData } from './associated.ts';
import type { ContentOpener, Opened } from './content.ts';
import { ContentCorrupt } from './errors.ts';
import { Keyring, type KeyState } from './keyring.ts';
import { type KeySpec, keySpecOf } from './keys.ts';

type Item = { readonly kind: AggregateKind; readonly id: string; readonly event: StoredEvent; readonly index: number };

const nothing: Opened = { content: {} };

/**
 * Opens for the read side of workspace `ws`. A destroyed key gives `erased`, a vault that cannot be asked
 * `unavailable`; a blob that does not open under its own key rejects with ContentCorrupt. `index` is the event's place
 * among its command's events, as when it was sealed. An event without sealed content opens to none.
 */
export function createOpener(vault: Vault, ws: string): ContentOpener {
  const keyring = new Keyring(vault, { create: false });

  const specOf = ({ kind, id, event }: Item): KeySpec | undefined => {
    if (!event.sealed) return undefined;
    const spec = keySpecOf(ws, kind, id, event.sealed.k);
    if (!spec) throw new ContentCorrupt(`${kind} ${id}, command ${event.commandId}: ${JSON.stringify(event.sealed.k)} names no key`);
    return spec;
  };
  const openWith = (state: KeyState, item: Item): Opened => {
    if (state === 'erased') return { erased: true };
    if (state === 'unavailable') return { unavailable: true };
    return openItem(ws, state.key, item);
  };
  const openAll = async (items: readonly Item[]): Promise<readonly Opened[]> => {
    const specs = items.map(specOf);
    const states = specs.map((spec) => spec && keyring.cached(spec));
    const cold = specs.filter((spec, at) => spec !== undefined && states[at] === undefined) as KeySpec[];
    if (cold.length > 0) await keyring.fetch(cold);
    return items.map((item, at) => {
      const spec = specs[at];
      return spec ? openWith(states[at] ?? keyring.keyNow(spec), item) : nothing;
    });
  };
  return {
    async open({ kind, id }, event, index) {
      const item = { kind, id, event, index };
      const spec = specOf(item);
      if (!spec) return nothing;
      return openWith(keyring.cached(spec) ?? (await keyring.key(spec)), item);
    },
    openAll,
    forget: (scope) => keyring.forget(scope),
  };
}

function openItem(ws: string, key: Uint8Array, { kind, id, event, index }: Item): Opened {
  const sealed = event.sealed as NonNullable<StoredEvent['sealed']>;
  const context = { kind, id, commandId: event.commandId, index, type: event.type };
  try {
    const plain = open(key, Buffer.from(sealed.c, 'base64url'), associatedData(ws, context, sealed.k));
    return { content: JSON.parse(plain.toString('utf8')) as Readonly<Record<string, unknown>> };
  } catch (error) {
    throw new ContentCorrupt(`${kind} ${id}, command ${event.commandId}, event ${index} (${event.type}): the sealed content does not open`, { cause: error });
  }
}
