import { invalid } from './problem-error.ts';

/** Where a list goes on: the sort key of its last entry, as one opaque token of at most 200 characters. */
export function encodePage(time: string, id: string): string {
  return Buffer.from(JSON.stringify([time, id])).toString('base64url');
}

/** Reads a token. Throws the problem `invalid` for what is none of ours. */
export function decodePage(token: string | undefined, keyPattern: RegExp): { readonly key: string; readonly id: string } | undefined {
  if (token === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === 2 && typeof parts[0] === 'string' && typeof parts[1] === 'string' && keyPattern.test(parts[0]) && /^[A-Za-z0-9_-]{1,64}$/.test(parts[1])) {
      return { key: parts[0], id: parts[1] };
    }
  } catch {
    // Falls through to the refusal.
  }
  throw invalid('page', 'not a page token of this list');
}
