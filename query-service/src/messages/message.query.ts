import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { DataOf, ParamsOf } from '@parley/contracts/queries/define';
import { oneMessage } from '@parley/contracts/queries/queries';
import type { EditView, MessageView } from '@parley/contracts/queries/views';
import { isVisible } from '@parley/contracts/rooms/visible';
import type { Sql } from '@parley/kernel/stores/postgres';
import { notFound } from '../problem-error.ts';
import { type Asker, type Found, question, roomLane } from '../question.ts';
import { READ_DB } from '../tokens.ts';
import { accessOrNotFound } from '../visible.ts';
import { asOfLeaving } from './page.ts';

type Params = ParamsOf<typeof oneMessage>;
type Data = DataOf<typeof oneMessage>;

/** Edits of one message that are shown. */
const editsMax = 1_000;

export class MessageQuery extends Query<Found<Data>> {
  readonly caller: Asker;
  readonly params: Params;
  constructor(caller: Asker, params: Params) {
    super();
    this.caller = caller;
    this.params = params;
  }
}

@QueryHandler(MessageQuery)
export class MessageHandler implements IQueryHandler<MessageQuery> {
  readonly #sql: Sql;
  constructor(@Inject(READ_DB) sql: Sql) {
    this.#sql = sql;
  }

  async execute({ caller, params: { roomId, messageId } }: MessageQuery): Promise<Found<Data>> {
    const sql = this.#sql;
    const access = await accessOrNotFound(sql, caller.userId, roomId);
    const [row] = await sql<{ view: MessageView }[]>`select view from rm.message_view where room_id = ${roomId} and message_id = ${messageId}`;
    if (!row || !isVisible(access.spans, row.view.n)) throw notFound();
    const lastN = access.current ? Number.MAX_SAFE_INTEGER : access.spans.at(-1)!.toN;
    const [[message], edits] = await Promise.all([
      asOfLeaving(sql, access, [row.view]),
      sql<EditView[]>`
        select n, rm.iso(at) as at, text from rm.message_edit
        where room_id = ${roomId} and message_n = ${row.view.n} and n > ${row.view.n} and n <= ${lastN} order by n limit ${editsMax}`,
    ]);
    return { data: { message: message!, edits: [...edits] }, parked: access.parked };
  }
}

export const messageQuestion = question<typeof oneMessage>({
  definition: oneMessage, query: MessageQuery, handler: MessageHandler, needs: (_caller, { roomId }) => [roomLane(roomId)],
});
