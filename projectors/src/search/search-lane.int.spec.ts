import { streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LaneReport } from '../runner/lane-report.ts';
import { person } from '../testing/stories.spec.ts';
import { uuidv7, World } from '../testing/world.spec.ts';
import type { ConversationsAt } from './conversations-at.ts';
import type { Rows } from './rows.ts';
import { runSearchLane } from './search-lane.ts';
import type { PutBatch, SearchTarget } from './target.ts';

const ann = person(1);
const room = 'lane';
const stream = streamOf({ kind: 'room', id: room });

let world: World;
beforeAll(async () => { world = await World.start(); }, 60_000);
afterAll(() => world?.[Symbol.asyncDispose]());

let ordinal = 0;
const say = (text: string) => world.append({ kind: 'room', id: room }, [{ type: 'message.posted', by: ann, data: { messageId: uuidv7(), author: ann, ordinal: (ordinal += 1), hasLink: false, mentions: [] }, content: { text } }]);

/** An index that tells what is asked of it, in order, and puts only when it is let. */
function indexThatWaits() {
  const told: string[] = [];
  const released = Promise.withResolvers<void>();
  const name = ({ from, to, live }: PutBatch): string => `${from}–${to}${live ? ', live' : ''}`;
  const target: SearchTarget = {
    name: 'spec',
    position: async () => undefined,
    show: async (batch) => { told.push(`show ${name(batch)}`); },
    put: async (batch) => {
      told.push(`put ${name(batch)}`);
      await released.promise;
      told.push(`has ${name(batch)}`);
    },
    isCurrent: async () => true,
    [Symbol.asyncDispose]: async () => {},
  };
  return { told, target, release: () => released.resolve() };
}

test('what was just said is shown only after all that it follows is there, or what is told would have a hole', async () => {
  let asked = 0;
  const rows: Rows = { at: async () => { asked += 1; return { documents: [], parked: [] }; }, ofRoom: async function* () {}, all: async function* () {}, parked: async () => [] };
  const conversations = { reached: async () => {}, at: () => Number.MAX_SAFE_INTEGER } as unknown as ConversationsAt;
  const { told, target, release } = indexThatWaits();
  const ended = new AbortController();
  const first = await world.append({ kind: 'room', id: room }, [{ type: 'room.created', by: ann, data: { kind: 'public', history: 'all', createdBy: ann }, content: { name: room } }]);
  const second = await say('long ago');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  try {
    const lane = runSearchLane({ nc: world.nc, sql: world.sql, target, rows, conversations }, stream, new LaneReport({ projection: { name: 'spec' }, generation: 1, stream }, true), ended.signal);
    await until('what was said long ago to be on its way', () => told.length > 0);
    vi.useRealTimers();
    const askedBefore = asked;
    const third = await say('just now');
    await until('what was just said to be prepared', () => asked > askedBefore);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
    release();
    await until('it to be shown', () => told.some((line) => line.startsWith('show')));
    expect([first, second, third]).toEqual([1, 2, 3]);
    expect(told[told.indexOf('show 2–3, live') - 1]).toMatch(/^has \d–2$/);
    ended.abort();
    await lane;
  } finally {
    vi.useRealTimers();
    ended.abort();
  }
});
