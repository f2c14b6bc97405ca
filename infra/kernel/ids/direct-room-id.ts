import { createHmac } from 'node:crypto';

/**
 * Id of the direct room of two people: `d-` and HMAC-SHA256 (base64url) of the sorted pair, joined by "|", under the
 * workspace's id. Both sides, and every process, compute the same, so two people always meet in one room.
 */
export function directRoomIdOf(ws: string, one: string, other: string): string {
  return `d-${createHmac('sha256', ws).update([one, other].sort().join('|')).digest('base64url')}`;
}
