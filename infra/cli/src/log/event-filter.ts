import { type AggregateKind, type StoredEvent } from '@parley/contracts/envelope/commit';

/** What to look for; every part that is given must hold. */
export type EventFilter = {
  /** Literal words, NFC, looked for without regard to case. */
  readonly words?: string;
  readonly kind?: AggregateKind; readonly id?: string;
  /** A type, or its beginning when it ends in a dot. */
  readonly type?: string;
  readonly by?: string; readonly commandId?: string;
  /** Milliseconds since 1970, both included. */
  readonly fromMs?: number; readonly toMs?: number;
  /** Numbers in the aggregate, both included. */
  readonly fromN?: number; readonly toN?: number;
};

export type FoundEvent = { readonly kind: string; readonly id: string; readonly n: number; readonly at: string; readonly event: StoredEvent };

/** Whether everything but the words fits: what can be said without opening anything. */
export function fitsFacts(filter: EventFilter, { kind, id, n, at, event: { type, by, commandId } }: FoundEvent): boolean {
  const atMs = Date.parse(at);
  return (
    (filter.kind === undefined || filter.kind === kind) && (filter.id === undefined || filter.id === id) &&
    (filter.type === undefined || (filter.type.endsWith('.') ? type.startsWith(filter.type) : type === filter.type)) &&
    (filter.by === undefined || filter.by === by) && (filter.commandId === undefined || filter.commandId === commandId) &&
    (filter.fromMs === undefined || atMs >= filter.fromMs) && (filter.toMs === undefined || atMs <= filter.toMs) &&
    (filter.fromN === undefined || n >= filter.fromN) && (filter.toN === undefined || n <= filter.toN)
  );
}

/** Whether the words occur in what an event says openly, or in its opened content. */
export function hasWords(words: string | undefined, { kind, id, event }: FoundEvent, content?: unknown): boolean {
  if (words === undefined) return true;
  const wanted = fold(words);
  const facts = [kind, id, event.type, event.by, event.commandId, JSON.stringify(event.data)];
  return [...facts, ...textsIn(content)].some((text) => fold(text).includes(wanted));
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();

/** Texts of opened content, as people wrote them. */
function textsIn(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  return typeof content === 'object' && content !== null ? Object.values(content).flatMap(textsIn) : [];
}
