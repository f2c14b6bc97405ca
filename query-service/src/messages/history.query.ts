import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { history } from '@parley/contracts/queries/queries';
import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import type { Sql } from '@parley/kernel/stores/postgres';
import { invalid } from '../problem-error.ts';
import { type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB, TAILS } from '../tokens.ts';
import { type Access, accessOrNotFound, spansTable } from '../visible.ts';
import { readPage } from './page.ts';
import type { Tails } from './tails.ts';

type Params = ParamsOf<typeof history>;
type Data = DataOf<typeof history>;

const notesMax = 500;

export class HistoryQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(HistoryQuery)
export class HistoryHandler implements IQueryHandler<HistoryQuery> {
  readonly #sql: Sql;
  readonly #tails: Tails;
  constructor(@Inject(READ_DB) sql: Sql, @Inject(TAILS) tails: Tails) {
    this.#sql = sql;
    this.#tails = tails;
  }

  async execute({ caller, params }: HistoryQuery): Promise<Found<Data>> {
    const given = [params.before, params.since, params.around].filter((bound) => bound !== undefined);
    if (given.length > 1) throw invalid('before', 'give at most one of before, since and around');
    const access = await accessOrNotFound(this.#sql, caller.userId, params.roomId);
    const messages = await this.#messages(access, params);
    const ends = { n: access.spans.at(-1)!.toN, ordinal: access.spans.at(-1)!.toOrdinal, firstOrdinal: access.spans[0]!.fromOrdinal };
    const notes = await this.#notes(access, params, messages, ends);
    return { data: { messages, notes, ...ends }, parked: access.parked };
  }

  async #messages(access: Access, { before, since, around, limit }: Params): Promise<MessageView[]> {
    const all = { from: 1, to: access.ordinal };
    if (since !== undefined) return readPage(this.#sql, access, { ...all, from: since + 1, newest: false, limit });
    if (before !== undefined) return readPage(this.#sql, access, { ...all, to: before - 1, newest: true, limit });
    if (around !== undefined) {
      const below = limit >> 1;
      const [older, newer] = await Promise.all([
        readPage(this.#sql, access, { ...all, to: around - 1, newest: true, limit: below }),
        readPage(this.#sql, access, { ...all, from: around, newest: false, limit: limit - below }),
      ]);
      return [...older, ...newer];
    }
    const tail = await this.#tails.read(access, limit);
    if (tail) return tail;
    const newest = await readPage(this.#sql, access, { ...all, newest: true, limit });
    await this.#tails.keep(access, newest, limit);
    return newest;
  }

  /**
   * What happened after the page's messages, up to its last one's successor; before its first message only where
   * nothing older can be read, so that pages put together hold every note once. The newest 500 where there are more.
   */
  async #notes(access: Access, { before, since }: Params, messages: readonly MessageView[], ends: Pick<Data, 'ordinal' | 'firstOrdinal'>): Promise<NoteView[]> {
    const first = messages[0]?.ordinal;
    // Nothing is older, so what came before the first message was told with it.
    if (first === undefined && before !== undefined) return [];
    const last = messages.at(-1)?.ordinal;
    const fromBeginning = first === undefined ? since === undefined : first <= ends.firstOrdinal;
    const from = since ?? (fromBeginning ? 0 : first!);
    const to = last ?? ends.ordinal;
    const rows = await this.#sql<{ view: NoteView }[]>`
      select o.view from ${spansTable(this.#sql, access.spans)}
      join rm.note_view o on o.room_id = ${access.roomId} and o.after_ordinal >= ${from} and o.after_ordinal <= ${to} and o.n >= s."fromN" and o.n <= s."toN"
      order by o.n desc limit ${notesMax}`;
    return rows.map(({ view }) => view).reverse();
  }
}

export const historyQuestion = question<typeof history>({
  definition: history, query: HistoryQuery, handler: HistoryHandler, needs: (_caller, { roomId }) => [roomLane(roomId)],
});
