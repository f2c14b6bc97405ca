import type { AggregateKind, StoredEvent } from '@parley/contracts/envelope/commit';
import type { Opened } from '@parley/kernel/sealing/content';
import { streamOf } from '@parley/contracts/wire/partition';
import { dim } from '../output.ts';
import { escaped } from '../printable.ts';

export type ShownEvent = {
  readonly kind: string; readonly id: string; readonly n: number; readonly stream: string; readonly seq: number; readonly at: string; readonly type: string; readonly v: number;
  readonly by: string; readonly commandId: string; readonly data: Readonly<Record<string, unknown>>;
  /** Key that seals the content, if there is content. */
  readonly sealed?: string;
  /** Opened content, or why there is none. */
  readonly content?: unknown;
};

type Place = { readonly kind: AggregateKind; readonly id: string; readonly n: number; readonly seq: number; readonly at: string };

export function shownEvent(place: Place, event: StoredEvent, opened?: Opened): ShownEvent {
  const { type, v, by, commandId, data, sealed } = event;
  const content = opened === undefined ? undefined : 'content' in opened ? opened.content : 'erased' in opened ? 'erased' : 'unavailable';
  const { kind, id, n, seq, at } = place;
  return { kind, id, n, stream: streamOf(place), seq, at, type, v, by, commandId, data, ...(sealed && { sealed: sealed.k }), ...(content !== undefined && sealed && { content }) };
}

/** One line for people. */
export function renderEvent({ n, seq, at, type, by, data, sealed, content, id, kind }: ShownEvent, withAggregate = false): string {
  const facts = Object.entries(data).map(([name, value]) => `${name}=${escaped(typeof value === 'string' ? value : JSON.stringify(value))}`).join(' ');
  const words = content === undefined ? (sealed === undefined ? '' : dim(` sealed under ${sealed}`)) : ` ${escaped(JSON.stringify(content))}`;
  return `${withAggregate ? `${kind} ${id} ` : ''}${String(n).padStart(6)}  ${at}  ${type}  ${dim(`by ${by} seq ${seq}`)}  ${facts}${words}`;
}
