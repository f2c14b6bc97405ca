import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import { type Page, pageMessagesMax, pagesPerRoomMax } from './state.ts';

export const pageOf = (ordinal: number): number => Math.floor((ordinal - 1) / pageMessagesMax);
/** A note after ordinal 100 belongs to the page of message 101, on which it hangs. */
export const pageOfNote = (afterOrdinal: number): number => Math.floor(afterOrdinal / pageMessagesMax);

/** The page with an index, by bisection. */
export function findPage(pages: readonly Page[], index: number): { readonly page: Page | undefined; readonly at: number } {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pages[middle] as Page).index < index) low = middle + 1;
    else high = middle;
  }
  const page = pages[low];
  return { page: page?.index === index ? page : undefined, at: low };
}

function withPage(pages: readonly Page[], changed: Page): readonly Page[] {
  const { page, at } = findPage(pages, changed.index);
  return pages.toSpliced(at, page ? 1 : 0, changed);
}

/** The message at an ordinal, if loaded. */
export function messageAt(pages: readonly Page[], ordinal: number): MessageView | undefined {
  return findPage(pages, pageOf(ordinal)).page?.messages[(ordinal - 1) % pageMessagesMax];
}

/** The loaded message that event `n` posted: numbers ascend with ordinals, so two bisections find it. */
export function messageByN(pages: readonly Page[], n: number): MessageView | undefined {
  let low = 0;
  let high = pages.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const loaded = (pages[middle] as Page).messages.filter((message) => message !== undefined);
    const [first, last] = [loaded[0], loaded.at(-1)];
    // A page of notes alone says nothing of where to go on, and there are few pages.
    if (!first || !last) return pages.flatMap(({ messages }) => messages).find((message) => message?.n === n);
    if (n < first.n) high = middle - 1;
    else if (n > last.n) low = middle + 1;
    else return loaded.find((message) => message.n === n);
  }
  return undefined;
}

/** Puts a message at its place; of two versions the one with the later revision stays. */
export function putMessage(pages: readonly Page[], message: MessageView): readonly Page[] {
  const index = pageOf(message.ordinal);
  const { page = { index, messages: [], notes: [] } } = findPage(pages, index);
  const place = (message.ordinal - 1) % pageMessagesMax;
  const present = page.messages[place];
  if (present && present.revision >= message.revision) return pages;
  const messages = Array.from({ length: Math.max(page.messages.length, place + 1) }, (_, at) => (at === place ? message : page.messages[at]));
  return withPage(pages, { ...page, messages });
}

/** Puts a note among the others of its page; the same note again changes nothing. */
export function putNote(pages: readonly Page[], note: NoteView): readonly Page[] {
  const index = pageOfNote(note.afterOrdinal);
  const { page = { index, messages: [], notes: [] } } = findPage(pages, index);
  const at = page.notes.findIndex(({ n }) => n >= note.n);
  if (at >= 0 && page.notes[at]?.n === note.n) return pages;
  return withPage(pages, { ...page, notes: page.notes.toSpliced(at < 0 ? page.notes.length : at, 0, note) });
}

/** Keeps the pages nearest to an ordinal. */
export function keepNear(pages: readonly Page[], anchor: number): readonly Page[] {
  if (pages.length <= pagesPerRoomMax) return pages;
  const centre = pageOf(Math.max(1, anchor));
  const kept = pages.toSorted((a, b) => Math.abs(a.index - centre) - Math.abs(b.index - centre)).slice(0, pagesPerRoomMax);
  return kept.toSorted((a, b) => a.index - b.index);
}
