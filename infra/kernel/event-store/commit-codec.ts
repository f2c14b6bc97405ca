import { hash } from 'node:crypto';
import { aggregateKinds, type Commit, type Sealed, type StoredEvent } from '@parley/contracts/envelope/commit';
import { UnknownEvent } from '@parley/contracts/registry/events';

/** Bytes in the log that are no commit. Whoever meets them goes no further with the aggregate whose they are. */
export class CorruptCommit extends Error {
  override readonly name = 'CorruptCommit';
}

const envelopeVersion = 1;
const kinds: ReadonlySet<unknown> = new Set(aggregateKinds);

/** SHA-256 (base64url) of a commit's stored bytes: the `prev` of the next commit. */
export const hashOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url');

/** The commit as UTF-8 JSON, the same bytes that JSON.stringify would make of it with its fields in order. */
export function encodeCommit(commit: Commit): Uint8Array {
  return encodeEnvelope(commit, commit.events.map(encodeEvent));
}

/** A commit whose events were encoded before, because their sizes had to be known to choose them. */
export function encodeEnvelope({ ws, kind, id, n, prev, at }: Omit<Commit, 'v' | 'events'>, encodedEvents: readonly string[]): Uint8Array {
  return Buffer.from(
    `{"v":${envelopeVersion},"ws":${quote(ws)},"kind":${quote(kind)},"id":${quote(id)},"n":${n},"prev":"${prev}","at":"${at}","events":[${encodedEvents.join(',')}]}`,
  );
}

/** One event as JSON, fields in the order of StoredEvent. */
export function encodeEvent({ type, v, commandId, by, data, sealed, mac }: StoredEvent): string {
  const facts = `{"type":${quote(type)},"v":${v},"commandId":${quote(commandId)},"by":${quote(by)},"data":${JSON.stringify(data)}`;
  if (sealed === undefined) return mac === undefined ? `${facts}}` : `${facts},"mac":${quote(mac)}}`;
  const secret = `,"sealed":{"k":${quote(sealed.k)},"c":${quote(sealed.c)}}`;
  return mac === undefined ? `${facts}${secret}}` : `${facts}${secret},"mac":${quote(mac)}}`;
}

const quote = (text: string): string => JSON.stringify(text);

/**
 * Reads stored bytes. Checks the envelope and each event's outer shape; what `data` holds is the upcaster's and the
 * schemas' matter. Throws CorruptCommit, and UnknownEvent for an envelope that a newer release wrote.
 */
export function decodeCommit(bytes: Uint8Array): Commit {
  const commit = parse(bytes);
  if (typeof commit.v === 'number' && Number.isInteger(commit.v) && commit.v > envelopeVersion) throw new UnknownEvent('commit', commit.v);
  if (
    commit.v !== envelopeVersion || typeof commit.ws !== 'string' || !kinds.has(commit.kind) || typeof commit.id !== 'string' ||
    !Number.isSafeInteger(commit.n) || (commit.n as number) < 1 || typeof commit.prev !== 'string' || typeof commit.at !== 'string' ||
    Number.isNaN(Date.parse(commit.at)) || !Array.isArray(commit.events) || commit.events.length === 0
  ) {
    throw new CorruptCommit('the envelope is not that of a commit');
  }
  for (const event of commit.events as unknown[]) {
    if (!isStoredEvent(event)) throw new CorruptCommit('an event has not the shape of one');
  }
  return commit as unknown as Commit;
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (error) {
    throw new CorruptCommit('the bytes are not JSON', { cause: error });
  }
  if (!isObject(value)) throw new CorruptCommit('the bytes are not a JSON object');
  return value;
}

function isStoredEvent(event: unknown): event is StoredEvent {
  return (
    isObject(event) && typeof event['type'] === 'string' && Number.isSafeInteger(event['v']) && typeof event['commandId'] === 'string' &&
    typeof event['by'] === 'string' && isObject(event['data']) && (event['sealed'] === undefined || isSealed(event['sealed'])) &&
    (event['mac'] === undefined || typeof event['mac'] === 'string')
  );
}

const isSealed = (sealed: unknown): sealed is Sealed => isObject(sealed) && typeof sealed['k'] === 'string' && typeof sealed['c'] === 'string';
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
