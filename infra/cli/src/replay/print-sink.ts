import type { Commit } from '@parley/contracts/envelope/commit';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { type EventFilter, fitsFacts } from '../log/event-filter.ts';
import { openEvents } from '../log/open-texts.ts';
import type { RemovedTexts } from '../log/removed-texts.ts';
import { renderEvent, shownEvent } from '../log/render-event.ts';
import type { Output } from '../output.ts';
import type { Sink } from './sink.ts';

export type PrintOptions = { readonly output: Output; readonly filter: EventFilter; readonly opener: ContentOpener | undefined; readonly removed: RemovedTexts | undefined };

/** Prints the events of commits, one line each; texts as `log show --open` does. */
export function openPrintSink({ output, filter, opener, removed }: PrintOptions): Sink {
  let printed = 0;
  return {
    async write(messages) {
      const events = messages.flatMap(({ seq, bytes }) => {
        const commit: Commit = decodeCommit(bytes);
        const { kind, id, n, at } = commit;
        return commit.events.flatMap((event, index) => (fitsFacts(filter, { kind, id, n: n + index, at, event }) ? [{ commit, at: index, seq }] : []));
      });
      const isWithheld = ({ commit, at }: (typeof events)[number]): boolean => removed?.has(commit.id, commit.n + at) === true && commit.events[at]?.sealed !== undefined;
      const sealed = opener ? events.filter((event) => event.commit.events[event.at]?.sealed && !isWithheld(event)) : [];
      const answers = opener ? await openEvents(opener, sealed, (what) => output.note(what)) : [];
      const opened = new Map(sealed.map((event, index) => [event, answers[index]]));
      for (const event of events) {
        const { commit, at, seq } = event;
        const shown = shownEvent({ kind: commit.kind, id: commit.id, n: commit.n + at, seq, at: commit.at }, commit.events[at]!, opened.get(event));
        const line = isWithheld(event) ? { ...shown, content: 'removed since' } : shown;
        output.line(line, renderEvent(line, true));
        printed += 1;
      }
      await output.taken();
    },
    finish: () => Promise.resolve({ report: { events: printed }, text: '' }),
    abandon: () => Promise.resolve(),
  };
}
