import { z } from 'zod';

/** Canonical lower-case UUIDv7: its first 48 bits are milliseconds since 1970, so ids sort by time (RFC 9562 §5.7). */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** People may also carry a derived id (version 8), as imported authors do. */
const UUID_V7_OR_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** One NATS subject token and nothing else: no `.`, `*`, `>`, space or control character can get in. */
const SUBJECT_TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

export const CommandId = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7').brand<'CommandId'>();
export type CommandId = z.infer<typeof CommandId>;

/** A message's id is the id of the command that posted it; a message is always addressed as (roomId, messageId). */
export const MessageId = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7').brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;

export const UserId = z.string().regex(UUID_V7_OR_V8, 'must be a lower-case UUID of version 7 or 8').brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;

export const RoomId = z.string().regex(SUBJECT_TOKEN, 'must be 1 to 64 letters, digits, "_" or "-"').brand<'RoomId'>();
export type RoomId = z.infer<typeof RoomId>;

/** HMAC of a normalised name under the deployment's pepper, base64url. */
export const ClaimId = z.string().regex(/^[A-Za-z0-9_-]{43}$/).brand<'ClaimId'>();
export type ClaimId = z.infer<typeof ClaimId>;

/** Milliseconds since 1970 that a UUIDv7 carries. */
export function timestampOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
