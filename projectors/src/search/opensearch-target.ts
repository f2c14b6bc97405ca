import type { SearchDocument } from '@parley/kernel/search/document';
import { ensureIndex, indexBehind, isGeneration, type OpenSearch } from '@parley/kernel/search/opensearch';
import type { Sql } from '@parley/kernel/stores/postgres';
import { logger } from '@parley/kernel/telemetry/log';
import { Fenced } from '../runner/failures.ts';
import { combine } from '../combine.ts';
import { bulk } from './opensearch-bulk.ts';
import { type Place, readPlaces, readPosition, writePosition } from './opensearch-positions.ts';
import { newest, saveAndMove, together } from './postgres-target.ts';
import type { PutBatch, SearchTarget } from './target.ts';

const target = 'opensearch';
/** Of one bulk. Several small ones keep all of an index's threads at work, and the next is read meanwhile. */
const documentsTogetherMax = 2_000;
const bulksAtOnce = 2;
/** Of one piece of a batch: small ones fill a bulk whatever lanes bring. */
const documentsOfPieceMax = 500;
const watchEveryMs = 1_000;

type Sending = { readonly index: string; readonly documents: readonly SearchDocument[] };
type Lane = { readonly index: string; readonly place: Place };

/**
 * The index in OpenSearch. What was just said is first put beside it, in `search.recent`, so that it is found before
 * the next refresh. The position lives in the index itself and is written only after its documents were acknowledged,
 * comparing with the last write of ours: an index that was restored is noticed, as is an alias that moved, and filled
 * from where it is. Given the name of one index instead of the alias, it fills that one and tells nobody.
 */
export function openSearchTarget(openSearch: OpenSearch, name: string, sql: Sql): SearchTarget {
  const isAside = isGeneration(name);
  const lanes = new Map<string, Lane>();
  /** Sequences whose documents OpenSearch has acknowledged. */
  const pushed = new Map<string, number>();
  const findable = combine<PutBatch, boolean>((batches) => saveAndMove(sql, target, 'search.recent', batches), together);
  const send = combine<Sending, void>(async (pieces) => {
    for (const [index, of] of Map.groupBy(pieces, (piece) => piece.index)) await bulk(openSearch, index, newest(of.flatMap(({ documents }) => documents)));
    return pieces.map(() => {});
  }, { max: documentsTogetherMax, weigh: ({ documents }) => documents.length, callsMax: bulksAtOnce });
  // Versions tell which of two writes stays, so pieces may arrive in any order.
  const sendAll = async (index: string, documents: readonly SearchDocument[]): Promise<void> => {
    const pieces = Array.from({ length: Math.ceil(documents.length / documentsOfPieceMax) }, (_, at) => documents.slice(at * documentsOfPieceMax, (at + 1) * documentsOfPieceMax));
    await Promise.all(pieces.map((piece) => send({ index, documents: piece })));
  };
  const putting = new Set<string>();
  const watch = isAside ? undefined : startWatch(openSearch, name, sql, { lanes, pushed, putting });
  return {
    name: isAside ? name : target,
    async position(stream, epoch) {
      if (!isAside) await ensureIndex(openSearch, name);
      const index = isAside ? name : await indexBehind(openSearch, name);
      const found = await readPosition(openSearch, index, stream);
      lanes.set(stream, { index, place: found?.place });
      // What is told to those who wait can be ahead of an index that was replaced.
      if (!isAside) {
        await sql`
          insert into search.position as p (target, stream, epoch, seq) values (${target}, ${stream}, ${found?.position.epoch ?? epoch}, ${found?.position.seq ?? 0})
          on conflict (target, stream) do update set epoch = excluded.epoch, seq = excluded.seq, updated_at = now()`;
      }
      return found?.position;
    },
    ...(!isAside && { show: async (batch: PutBatch) => { await findable(batch); } }),
    async put(batch) {
      const lane = lanes.get(batch.stream);
      if (!lane) throw new Fenced('search-opensearch', batch.stream, batch.from);
      putting.add(batch.stream);
      try {
        await sendAll(lane.index, batch.documents);
        const place = await writePosition(openSearch, lane.index, batch, lane.place);
        // The alias may have moved meanwhile: what went into the index of before is put again into the one of now.
        if (lanes.get(batch.stream) !== lane) throw new Fenced('search-opensearch', batch.stream, batch.from);
        lanes.set(batch.stream, { ...lane, place });
        pushed.set(batch.stream, batch.to);
      } finally {
        putting.delete(batch.stream);
      }
      if (!batch.live && !isAside) await saveAndMove(sql, target, undefined, [batch]);
    },
    isCurrent: async (stream) => lanes.has(stream),
    [Symbol.asyncDispose]: async () => watch?.stop(),
  };
}

type Watched = { readonly lanes: Map<string, Lane>; readonly pushed: Map<string, number>; readonly putting: ReadonlySet<string> };

/**
 * Once a second: looks whether the index still is the one that we wrote to, as we left it; a lane for which it is not
 * has to begin again. Then lets OpenSearch show what came, and forgets that here.
 */
function startWatch(openSearch: OpenSearch, alias: string, sql: Sql, { lanes, pushed, putting }: Watched): { stop(): Promise<void> } {
  const pruned = new Map<string, number>();
  let working: Promise<void> = Promise.resolve();
  let isWorking = false;
  const work = async (): Promise<void> => {
    // Asked for what it does not show yet an index shows it first, which costs it more than taking it in; besides, the next
    // write finds out as well. So only lanes are looked at of which everything is shown.
    const idle = [...lanes].filter(([stream]) => !putting.has(stream) && pruned.get(stream) === pushed.get(stream));
    const shown = [...pushed];
    if (lanes.size === 0) return;
    const index = await indexBehind(openSearch, alias);
    const found = await readPlaces(openSearch, index, idle.map(([stream]) => stream));
    for (const [stream, lane] of lanes) {
      const isAsLeft = !idle.some(([other, before]) => other === stream && before === lane && !putting.has(stream)) || isSamePlace(lane.place, found.get(stream));
      if (lane.index === index && isAsLeft) continue;
      lanes.delete(stream);
      pushed.delete(stream);
      pruned.delete(stream);
    }
    const ours = shown.filter(([stream, seq]) => lanes.get(stream)?.index === index && pruned.get(stream) !== seq);
    if (ours.length === 0) return;
    const places = sql`json_to_recordset(${JSON.stringify(ours.map(([stream, seq]) => ({ stream, seq })))}::text::json) as w(stream text, seq bigint)`;
    // Catching up puts nothing there, and showing each second what came would cost the index more than taking it in:
    // that is shown when the last of it is there, and by the index itself now and then.
    const held = await sql`select 1 from search.recent r, ${places} where r.stream = w.stream and r.seq <= w.seq limit 1`;
    if (held.length === 0 && putting.size > 0) return;
    await openSearch.request('POST', `/${index}/_refresh`);
    if (held.length > 0) await sql`delete from search.recent r using ${places} where r.stream = w.stream and r.seq <= w.seq`;
    for (const [stream, seq] of ours) pruned.set(stream, seq);
  };
  const timer = setInterval(() => {
    if (isWorking) return;
    isWorking = true;
    working = work().catch((error: unknown) => logger('projectors').debug({ err: error }, 'recent messages stay for now')).finally(() => { isWorking = false; });
  }, watchEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await working;
    },
  };
}

const isSamePlace = (a: Place, b: Place): boolean => a?.seqNo === b?.seqNo && a?.term === b?.term;
