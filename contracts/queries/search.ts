import { z } from 'zod';
import { MessageId, RoomId, UserId } from '../ids.ts';
import { defineQuery } from './define.ts';
import { MessageView } from './views.ts';

export const searchTextCharsMax = 300;
export const searchPageMax = 50;

/** An instant, or a day: the beginning of that day in UTC. */
const Moment = z.union([z.iso.datetime(), z.iso.date()]);
const flag = z.enum(['true', 'false']).optional();

/** Characters `start` (included) to `end` (excluded) of the message's text, counted in UTF-16 code units as JavaScript does. */
export const HighlightRange = z.object({ start: z.int(), end: z.int() });
export type HighlightRange = z.infer<typeof HighlightRange>;

/** A message that matches, as it is now. `highlights` ascend and never overlap; none where only a filter matched. */
export const SearchHit = z.object({ message: MessageView, highlights: z.array(HighlightRange) }).meta({ id: 'SearchHit' });
export type SearchHit = z.infer<typeof SearchHit>;

/**
 * Messages of all rooms that the asker may read. `q`: every word must be there, in any order; "words in quotes" follow
 * each other; -word must not be there; beginning* is the beginning of a word. Without `q` a filter is needed.
 * `best` puts exact and whole matches before looser ones, newer before older; `newest` is by time alone.
 */
export const search = defineQuery('search', {
  path: '/v1/search', summary: 'Messages that match, in every room that I may read.',
  params: z.strictObject({
    q: z.string().max(searchTextCharsMax).optional().describe('words, "a phrase", -without, beginning*'),
    room: RoomId.optional().describe('only in this room'),
    from: UserId.optional().describe('only by this person'),
    since: Moment.optional().describe('said at or after this instant; a day means its beginning in UTC'),
    until: Moment.optional().describe('said before this instant'),
    hasLink: flag.describe('only with, or only without, a link'),
    inThread: MessageId.optional().describe('only replies to this message; needs `room`'),
    order: z.enum(['best', 'newest']).default('best'),
    limit: z.coerce.number().int().min(1).max(searchPageMax).default(20),
    page: z.string().max(300).optional(),
    after: z.string().max(500).optional(),
  }),
  /** `index`: which index answered. */
  data: z.object({ hits: z.array(SearchHit), next: z.string().nullable(), index: z.enum(['postgres', 'opensearch']) }),
});
