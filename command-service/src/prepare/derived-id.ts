import { createHash } from 'node:crypto';
import type { CommandId } from '@parley/contracts/ids';

/**
 * The id of a step that follows from an event: a UUIDv7 with the event's time and, in place of chance, a hash of the
 * cause and the step's name. Whoever takes the step, and however often, it has the same id.
 */
export function derivedId(atMs: number, causeId: string, step: string): CommandId {
  const time = Math.floor(atMs).toString(16).padStart(12, '0');
  const digest = createHash('sha256').update(`${causeId} ${step}`).digest('hex');
  const variant = ((Number.parseInt(digest.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}` as CommandId;
}
