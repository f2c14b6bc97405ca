import type { AggregateKind } from '@parley/contracts/envelope/commit';
import { timestampOf } from '@parley/contracts/ids';
import type { Secret } from '../vault/vault.ts';
import { keyBytes } from './aead.ts';
import { hkdf } from './hkdf.ts';

/** Where a content key comes from: the scopes whose secrets it is derived of, in order, and what binds it to its use. */
export type KeySpec = { readonly scopes: readonly string[]; readonly info: string };

const MESSAGE_KEY = /^m:[A-Za-z0-9_-]{1,64}:\d{6}$/;
const monthChars = 6;

let lastMonth = { fromMs: Number.NaN, untilMs: Number.NaN, text: '' };

/** The month (`yyyymm`, UTC) of a command id's own timestamp: the same however often the command is repeated. */
export function monthOf(commandId: string): string {
  const ms = timestampOf(commandId);
  // Nearly all commands are of the present month.
  if (ms >= lastMonth.fromMs && ms < lastMonth.untilMs) return lastMonth.text;
  const at = new Date(ms);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  lastMonth = { fromMs: Date.UTC(year, month), untilMs: Date.UTC(year, month + 1), text: `${year}${String(month + 1).padStart(2, '0')}` };
  return lastMonth.text;
}

/**
 * Id of the key that content is sealed under: messages `m:<person>:<yyyymm>`, other texts of a room `r`, texts of a
 * person `u`. Throws TypeError for a kind of aggregate that has no content.
 */
export function keyIdOf(kind: AggregateKind, type: string, person: string, commandId: string): string {
  if (kind === 'user') return 'u';
  if (kind !== 'room') throw new TypeError(`a ${kind} has no personal content`);
  return type.startsWith('message.') ? `m:${person}:${monthOf(commandId)}` : 'r';
}

/**
 * Where the key of that id comes from, for an aggregate. A message needs its author's secret and its room's secret of
 * that month, so that destroying either erases it. Undefined for an id that is none of ours.
 */
export function keySpecOf(ws: string, kind: AggregateKind, id: string, keyId: string): KeySpec | undefined {
  const info = `parley-content/1|${ws}|${kind}|${id}|${keyId}`;
  if (kind === 'user') return keyId === 'u' ? { scopes: [`person:${id}`], info } : undefined;
  if (kind !== 'room') return undefined;
  if (keyId === 'r') return { scopes: [`room:${id}`], info };
  if (!MESSAGE_KEY.test(keyId)) return undefined;
  return { scopes: [`person:${keyId.slice('m:'.length, -monthChars - 1)}`, `room:${id}:${keyId.slice(-monthChars)}`], info };
}

/** Derives the key from the secrets of its scopes, in their order; without a salt, for the secrets are uniformly random (RFC 5869 §3.1). */
export function deriveKey(spec: KeySpec, secrets: readonly Secret[]): Buffer {
  return hkdf(secrets.length === 1 ? (secrets[0] as Secret) : Buffer.concat(secrets), Buffer.from(spec.info), keyBytes);
}
