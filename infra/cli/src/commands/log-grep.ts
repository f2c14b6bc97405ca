import type { NatsConnection } from '@nats-io/transport-node';
import type { Command } from 'commander';
import { type AggregateKind, aggregateKinds, type Commit } from '@parley/contracts/envelope/commit';
import { streamNames } from '@parley/contracts/wire/partition';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { ContentOpener, Opened } from '@parley/kernel/sealing/content';
import { authorId, commandId, count, eventType, fileName, pattern, roomId } from '../arguments.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Place, pointsOf, saidOf } from '../log/bookmark.ts';
import { type EventFilter, fitsFacts, hasWords } from '../log/event-filter.ts';
import { openEvents } from '../log/open-texts.ts';
import { parsePoint, type Point } from '../log/point.ts';
import { aggregateFrom } from '../log/read-aggregate.ts';
import { findRemoved, openPlace, readRanges, type Where } from '../log/read-ranges.ts';
import type { RemovedTexts } from '../log/removed-texts.ts';
import { renderEvent, shownEvent } from '../log/render-event.ts';
import type { Placed } from '../log/merge-streams.ts';
import { quoted } from '../printable.ts';
import { createProgress } from '../progress.ts';

type GrepOptions = {
  readonly room?: string; readonly kind?: string; readonly id?: string; readonly stream?: string; readonly type?: string; readonly author?: string; readonly command?: string;
  readonly from?: Point; readonly to?: Point; readonly open?: boolean; readonly withRemoved?: boolean; readonly limit?: number; readonly resume?: string;
};

const point = (text: string): Point => parsePoint(text);
const saveEveryMs = 1_000;

export function logGrepCommand(group: Command, run: Run): void {
  group
    .command('grep')
    .description('find events by words, type, author, command and time, in one room, one stream or all')
    .argument('[words]', 'literal words, without regard to case; in facts, and with --open in texts', pattern)
    .option('--room <id>', 'of one room', roomId)
    .option('--kind <kind>', 'of one kind of aggregate: room, user, reader, claim or counter')
    .option('--id <id>', 'with --kind: of one aggregate')
    .option('--stream <name>', 'of one stream, such as EVT_3')
    .option('--type <type>', 'of one type, or a beginning such as room.', eventType)
    .option('--author <userId>', 'caused by this person, or by system', authorId)
    .option('--command <id>', 'of one command', commandId)
    .option('--from <point>', 'from this time on; with --room or --id also an event number', point)
    .option('--to <point>', 'up to this time or event', point)
    .option('--open', 'look into texts too; the vault notes that it was asked')
    .option('--with-removed', 'with --open: also into texts that were redacted or replaced since; the vault notes that too')
    .option('--limit <n>', 'stop after so many', count)
    .option('--resume <file>', 'keep the place in this file, and go on from it', fileName)
    .addHelpText('after', '\nExamples:\n  parley log grep hunter2 --open --room general\n  parley log grep --type message.redacted --from "yesterday 00:00"\n  parley log grep --author 0190a3b0-1111-7000-8000-000000000001 --limit 100 --resume /tmp/place --json\n\nEnds with 1 when nothing is found. Found events come in the order in which they were stored.')
    .action(run((context, words: string | undefined, options: GrepOptions) => grep(context, words, options)));
}

async function grep(context: Context, words: string | undefined, options: GrepOptions): Promise<void> {
  const where = whereOf(options);
  const filter = filterOf(words, options, where);
  if (options.withRemoved && !options.open) throw new CliError(exitCodes.usage, '--with-removed widens --open.', 'Add --open, or leave it out.');
  if (words === undefined && Object.keys(filter).length === 0) throw new CliError(exitCodes.usage, 'Say what to look for: words, --type, --author, --command, --room or times.', 'parley log grep --help has examples.');
  const { limit, resume, ...question } = options;
  const opener = options.open ? context.opener(options.withRemoved ? 'log-grep:with-removed' : 'log-grep') : undefined;
  const nc = await context.log();
  const place = await openPlace(nc, resume, 'log grep', { words, ...question, from: saidOf(options.from), to: saidOf(options.to) }, where, filter.fromMs);
  const meant = filterOf(words, { ...options, ...pointsOf(place, options) }, where);
  const removed = opener && !options.withRemoved ? await findRemoved(nc, where, place.ranges(), context.signal) : undefined;
  const search = new Search(context, { filter: meant, opener, removed, limit: limit ?? Infinity });
  await searchAll(context, nc, search, place, where, resume);
  await place.save();
  if (context.signal.aborted) throw new CliError(exitCodes.interrupted, 'Interrupted.', resume === undefined ? 'With --resume FILE it could go on from here.' : 'Run the same command again to go on.');
  if (search.isFull && !place.isDone) context.output.note(`stopped after ${search.found}${resume === undefined ? '; --resume FILE keeps the place' : '; run the same command again to go on'}`);
  if (search.found === 0) throw new CliError(exitCodes.finding, 'Nothing matches.');
}

async function searchAll(context: Context, nc: NatsConnection, search: Search, place: Place, where: Where, resume: string | undefined): Promise<void> {
  const progress = createProgress('grep', 'commits', where.aggregate ? 0 : place.total);
  let savedAtMs = performance.now();
  for await (const messages of readRanges(nc, where, place.ranges(), context.signal)) {
    await search.look(messages, place);
    await context.output.taken();
    progress.update(place.done, messages.at(-1)?.stream);
    if (search.isFull) break;
    if (resume === undefined || performance.now() - savedAtMs < saveEveryMs) continue;
    await place.save();
    savedAtMs = performance.now();
  }
  if (!search.isFull && !context.signal.aborted) for (const { stream, toSeq } of place.ranges()) place.moveTo(stream, toSeq);
  progress.end();
}

function whereOf({ room, kind, id, stream }: GrepOptions): Where {
  if (kind !== undefined && !aggregateKinds.includes(kind as AggregateKind)) throw new CliError(exitCodes.usage, `${quoted(kind)} is no kind of aggregate.`, `Kinds are ${aggregateKinds.join(', ')}.`);
  if (stream !== undefined && !streamNames.includes(stream)) throw new CliError(exitCodes.usage, `There is no stream ${quoted(stream)}.`, `Streams are ${streamNames[0]} to ${streamNames.at(-1)}.`);
  if (id !== undefined && kind === undefined) throw new CliError(exitCodes.usage, '--id needs --kind.', 'For a room, --room says both.');
  if ([room, id, stream].filter((given) => given !== undefined).length > 1) throw new CliError(exitCodes.usage, 'Name one of --room, --id and --stream.', 'An aggregate lies in one stream anyway.');
  const aggregate = room !== undefined ? aggregateFrom('room', room) : kind !== undefined && id !== undefined ? aggregateFrom(kind, id) : undefined;
  return { ...(aggregate && { aggregate }), ...(stream !== undefined && { stream }), ...(kind !== undefined && { kind: kind as AggregateKind }) };
}

function filterOf(words: string | undefined, { type, author, command, from, to }: GrepOptions, { aggregate, kind }: Where): EventFilter {
  for (const bound of [from, to]) {
    if (bound && 'n' in bound && !aggregate) throw new CliError(exitCodes.usage, 'Event numbers are those of one aggregate: name it with --room or --kind and --id.', 'Or give times.');
  }
  return {
    ...(words !== undefined && { words }), ...(kind !== undefined && { kind }), ...aggregate, ...(type !== undefined && { type }),
    ...(author !== undefined && { by: author }), ...(command !== undefined && { commandId: command }),
    ...(from && ('n' in from ? { fromN: from.n } : { fromMs: from.atMs })), ...(to && ('n' in to ? { toN: to.n } : { toMs: to.atMs })),
  };
}

type SearchOptions = { readonly filter: EventFilter; readonly opener: ContentOpener | undefined; readonly removed: RemovedTexts | undefined; readonly limit: number };
type Candidate = { readonly commit: Commit; readonly at: number; readonly withheld: boolean };

/** Looks through commits and prints what fits. */
class Search {
  readonly #context: Context;
  readonly #options: SearchOptions;
  found = 0;

  constructor(context: Context, options: SearchOptions) {
    this.#context = context;
    this.#options = options;
  }

  get isFull(): boolean {
    return this.found >= this.#options.limit;
  }

  /** Looks through some commits and moves the place behind each; stops within one when the limit is reached. */
  async look(messages: readonly Placed[], place: Place): Promise<void> {
    const read = messages.map(({ stream, seq, bytes }) => ({ stream, seq, ...this.#candidates(stream, seq, bytes) }));
    const opened = await this.#open(read.flatMap(({ candidates }) => candidates));
    for (const { stream, seq, commit, candidates } of read) {
      const skipped = place.skipped(stream, seq);
      for (const candidate of candidates) {
        if (candidate.at < skipped) continue;
        if (this.isFull) return place.stopWithin(stream, seq, candidate.at);
        this.#show(candidate, seq, opened.get(candidate));
      }
      place.moveTo(stream, seq);
      if (commit && this.isFull) return;
    }
  }

  #candidates(stream: string, seq: number, bytes: Uint8Array): { commit: Commit | undefined; candidates: Candidate[] } {
    let commit: Commit;
    try {
      commit = decodeCommit(bytes);
    } catch (error) {
      this.#context.output.note(`${stream} seq ${seq} is passed over: ${error instanceof Error ? error.message : String(error)}; parley verify tells more`);
      return { commit: undefined, candidates: [] };
    }
    const { kind, id, n, at } = commit;
    const candidates = commit.events.flatMap((event, index) => {
      const fits = fitsFacts(this.#options.filter, { kind, id, n: n + index, at, event });
      return fits ? [{ commit, at: index, withheld: this.#options.removed?.has(id, n + index) === true }] : [];
    });
    return { commit, candidates };
  }

  async #open(candidates: readonly Candidate[]): Promise<ReadonlyMap<Candidate, Opened | undefined>> {
    const { opener } = this.#options;
    const sealed = candidates.filter(({ commit, at, withheld }) => commit.events[at]?.sealed && !withheld);
    if (!opener) return new Map();
    const answers = await openEvents(opener, sealed, (what) => this.#context.output.note(what));
    return new Map(sealed.map((candidate, index) => [candidate, answers[index]]));
  }

  #show({ commit, at, withheld }: Candidate, seq: number, opened: Opened | undefined): void {
    const { kind, id } = commit;
    const event = commit.events[at]!;
    const place = { kind, id, n: commit.n + at, at: commit.at };
    if (!hasWords(this.#options.filter.words, { ...place, event }, opened && 'content' in opened ? opened.content : undefined)) return;
    const line = { ...shownEvent({ ...place, seq }, event, opened), ...(withheld && event.sealed && { content: 'removed since' }) };
    this.#context.output.line(line, renderEvent(line, true));
    this.found += 1;
  }
}
