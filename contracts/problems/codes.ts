/**
 * Every refusal a client can meet, once. A code, once published, keeps its meaning for ever.
 * `status` is the HTTP status; `retry` says whether the very same request may succeed later.
 */
export const problems = {
  'malformed': { status: 400, title: 'The request is not well-formed.', retry: false },
  'invalid': { status: 422, title: 'A field is missing or out of bounds.', retry: false },
  'unauthenticated': { status: 401, title: 'Sign in first.', retry: false },
  'token-expired': { status: 401, title: 'The token has expired; sign in again.', retry: false },
  'origin-refused': { status: 403, title: 'This page may not connect here.', retry: false },
  'forbidden': { status: 403, title: 'You may not do this.', retry: false },
  'not-found': { status: 404, title: 'There is no such thing, or you may not see it.', retry: false },
  'method-not-allowed': { status: 405, title: 'This path does not take that method.', retry: false },
  'too-large': { status: 413, title: 'The request is too large.', retry: false },
  'unsupported-media-type': { status: 415, title: 'Send application/json.', retry: false },
  'uri-too-long': { status: 414, title: 'The address is too long.', retry: false },
  'headers-too-large': { status: 431, title: 'The headers are too large.', retry: false },
  'rate-limited': { status: 429, title: 'Too many requests; wait and repeat.', retry: true },
  'overloaded': { status: 503, title: 'The service is full; repeat with the same id.', retry: true },
  'unavailable': { status: 503, title: 'A part of the service is down; repeat with the same id.', retry: true },
  'search-unavailable': { status: 503, title: 'Search is down; everything else works. Repeat later.', retry: true },
  'outcome-unknown': { status: 503, title: 'The outcome is unknown; repeat with the same id.', retry: true },
  'timeout': { status: 503, title: 'There was no answer in time; repeat with the same id.', retry: true },
  'storage-full': { status: 507, title: 'The log is full; nothing was stored.', retry: true },
  'newer-event': { status: 503, title: 'A newer release wrote this; repeat with the same id.', retry: true },
  'internal': { status: 500, title: 'Something broke on our side.', retry: true },
  'id-too-old': { status: 409, title: 'The command id is too old to tell whether it was done; resume, then send with a new id.', retry: false },
  'id-in-future': { status: 422, title: 'The command id lies in the future; set the clock.', retry: false },
  'id-reused': { status: 409, title: 'This command id was used for another command.', retry: false },
  'cursor-invalid': { status: 400, title: 'The cursor is not one of ours.', retry: false },
  'room-exists': { status: 409, title: 'A room with this id exists.', retry: false },
  'room-archived': { status: 409, title: 'The room is archived.', retry: false },
  'room-full': { status: 409, title: 'The room has reached its limit of members.', retry: false },
  'invitations-full': { status: 409, title: 'The room has reached its limit of open invitations.', retry: false },
  'last-owner': { status: 409, title: 'A room keeps at least one owner; name another first.', retry: false },
  'not-a-member': { status: 409, title: 'That person is not a member of the room.', retry: false },
  'already-member': { status: 409, title: 'That person is a member already.', retry: false },
  'direct-room-fixed': { status: 409, title: 'The two people of a direct room are fixed.', retry: false },
  'self-direct': { status: 422, title: 'A direct room needs another person.', retry: false },
  'target-mismatch': { status: 422, title: 'No such message at that position; fetch it again.', retry: false },
  'message-redacted': { status: 409, title: 'The message was redacted.', retry: false },
  'pins-full': { status: 409, title: 'The room has reached its limit of pins.', retry: false },
  'name-taken': { status: 409, title: 'Somebody has this name.', retry: false },
  'user-exists': { status: 409, title: 'This person is registered.', retry: false },
  'rename-pending': { status: 409, title: 'Another change of name is under way.', retry: true },
  'erased': { status: 410, title: 'The content was erased.', retry: false },
} as const;

export type ProblemCode = keyof typeof problems;
export const problemCodes = Object.keys(problems) as ProblemCode[];

/** RFC 9457 body. `code` is stable; `type` is its URN; `detail` says what to do about this very case. */
export type Problem = {
  readonly type: string;
  readonly code: ProblemCode;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly retryAfterMs?: number;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
};

/** Builds a problem of the registry. */
export function problem(code: ProblemCode, more: Partial<Pick<Problem, 'detail' | 'instance' | 'retryAfterMs' | 'errors'>> = {}): Problem {
  const { status, title } = problems[code];
  return { type: `urn:parley:problem:${code}`, code, title, status, ...more };
}
