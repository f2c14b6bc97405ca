import type { Person } from './mention-text.ts';
import { isRecord, readStored, writeStored } from './storage.ts';

/** What was typed and not sent, per person and room: it survives a reload and a sign-out. At most 200 rooms, oldest first out. */
const draftsMax = 200;
export type Draft = { readonly text: string; readonly people: readonly Person[]; readonly savedAt: number };
type Drafts = Readonly<Record<string, Draft>>;

const listeners = new Set<() => void>();
const loaded = new Map<string, Drafts>();
const keyOf = (userId: string): string => `parley.drafts.${userId}`;

const isDraft = (value: unknown): value is Draft =>
  isRecord(value) && typeof value['text'] === 'string' && Array.isArray(value['people']) && typeof value['savedAt'] === 'number';

/** All drafts of a person; the same object until one changes. */
export function draftsOf(userId: string): Drafts {
  const known = loaded.get(userId);
  if (known) return known;
  const stored = readStored(keyOf(userId));
  const drafts = isRecord(stored) ? Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, Draft] => isDraft(entry[1]))) : {};
  loaded.set(userId, drafts);
  return drafts;
}

/** Keeps a draft; empty text forgets it. */
export function saveDraft(userId: string, roomId: string, text: string, people: readonly Person[], now = Date.now()): void {
  const { [roomId]: previous, ...others } = draftsOf(userId);
  if ((previous?.text ?? '') === text) return;
  const kept = Object.entries(others).sort((a, b) => b[1].savedAt - a[1].savedAt).slice(0, draftsMax - 1);
  const next = text.trim() === '' ? Object.fromEntries(kept) : { ...Object.fromEntries(kept), [roomId]: { text, people: [...people], savedAt: now } };
  loaded.set(userId, next);
  writeStored(keyOf(userId), next);
  for (const listener of listeners) listener();
}

export function watchDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
