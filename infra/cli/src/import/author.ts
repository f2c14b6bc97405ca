import { hash } from 'node:crypto';
import type { UserId } from '@parley/contracts/ids';
import { userNameCharsMax } from '@parley/contracts/users/events';

/**
 * The id of an archive's author: a UUID of version 8 (RFC 9562 §5.8) made of SHA-256 over source and nick, so that
 * every import of the same source means the same person.
 */
export function authorIdOf(source: string, nick: string): UserId {
  const hex = hash('sha256', `parley-author\n${source}\n${nick}`, 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}` as UserId;
}

/** A nick as a name can be: one line, no control or direction characters, at most 40 UTF-16 units. */
export function authorNameOf(nick: string): string {
  const name = nick.toWellFormed().replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/gu, '').slice(0, userNameCharsMax).toWellFormed().trim();
  return name === '' ? 'unknown' : name;
}
