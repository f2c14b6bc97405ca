import { setTimeout as sleep } from 'node:timers/promises';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { indexBehind, isGeneration, type OpenSearch, openOpenSearch, pointAlias } from '@parley/kernel/search/opensearch';
import { Ownership } from '@parley/projectors/runner/ownership';
import { type Comparison, compareSearch, linesInOpenSearch, linesInPostgres } from '@parley/projectors/search/compare-search';
import { rebuildOpenSearch, rebuildPostgres, type RebuildDeps, removeIndex } from '@parley/projectors/search/rebuild-search';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { createProgress, type Progress } from '../progress.ts';
import { need } from '../settings.ts';
import type { GenerationStatus, RebuildGroup } from './group.ts';

const comparisonsMax = 5;
const compareAgainMs = 1_000;
const name = 'search';

/** The index that searches are answered from. It only names candidates, so it is compared after it took its place. */
export const searchGroup: RebuildGroup = {
  names: { [name]: ['index'] },
  async rebuild(context, _names, { verify, swap }) {
    if (!swap) throw new CliError(exitCodes.usage, 'The search index takes its place when it is whole.', 'Leave --no-swap out.');
    const openSearch = searchedIn(context);
    const begun = performance.now();
    const deps = await depsOf(context);
    const { documents, index, swapMs } = await (openSearch ? rebuildOpenSearch(deps, openSearch, context.settings.OPENSEARCH_INDEX) : rebuildPostgres(deps));
    deps.progress()?.end();
    const found = verify ? await compared(context, openSearch) : undefined;
    if (found && found.differences.length > 0) throw new CliError(exitCodes.finding, `The new index differs from the rows: ${found.differences.slice(0, 3).join('; ')}.`, 'parley search check');
    const times = { swapMs, heldMs: 0, attempts: 1 };
    const report = { name, generation: generationOf(index), messages: documents, seconds: Number(((performance.now() - begun) / 1_000).toFixed(1)), isRead: true };
    return { swap: times, reports: [found ? { ...report, compared: 'equal', rows: found.rows, hash: found.rowsHash } : { ...report, compared: 'not compared', why: 'as it was asked for' }] };
  },
  async rollback(context) {
    const openSearch = searchedIn(context);
    if (!openSearch) throw nothingBefore();
    const alias = context.settings.OPENSEARCH_INDEX;
    const present = await indexBehind(openSearch, alias);
    const before = (await indexesOf(openSearch, alias)).filter((index) => generationOf(index) < generationOf(present)).at(-1);
    if (before === undefined) throw nothingBefore();
    const begun = performance.now();
    await pointAlias(openSearch, alias, present, before);
    return { from: generationOf(present), to: generationOf(before), swapMs: Math.round(performance.now() - begun), heldMs: 0, attempts: 1 };
  },
  async dropOld(context) {
    const openSearch = searchedIn(context);
    if (!openSearch) return [];
    const present = await indexBehind(openSearch, context.settings.OPENSEARCH_INDEX);
    const others = (await indexesOf(openSearch, context.settings.OPENSEARCH_INDEX)).filter((index) => index !== present);
    for (const index of others) await removeIndex(openSearch, index);
    return others.map(generationOf);
  },
  status: (context) => statusOf(context),
};

const nothingBefore = (): CliError => new CliError(exitCodes.usage, 'There is no index of before to go back to.', 'parley rebuild search makes it anew.');
const generationOf = (index: string): number => Number(/-(\d+)$/.exec(index)?.[1] ?? 1);

/** OpenSearch, where it is what searches are answered from. It is closed with the context. */
export function searchedIn(context: Context): OpenSearch | undefined {
  const { OPENSEARCH_URL } = context.settings;
  if (OPENSEARCH_URL === undefined) return undefined;
  const openSearch = openOpenSearch({ ...context.settings, OPENSEARCH_URL });
  context.onEnd(() => openSearch.close());
  return openSearch;
}

async function depsOf(context: Context): Promise<RebuildDeps & { readonly progress: () => Progress | undefined }> {
  const ownership = new Ownership(need(context.settings, 'DATABASE_URL'), 'parley-cli');
  context.onEnd(() => ownership[Symbol.asyncDispose]());
  let progress: Progress | undefined;
  const onProgress = (done: number, of: number): void => (progress ??= createProgress('rebuild search', 'messages', of)).update(done);
  return { nc: await context.nats(), sql: await context.database(), ownership, signal: context.signal, onProgress, progress: () => progress };
}

async function indexesOf(openSearch: OpenSearch, alias: string): Promise<string[]> {
  const { body } = await openSearch.request('GET', `/_cat/indices/${alias}-*?format=json&h=index`);
  return (body as { index: string }[]).map(({ index }) => index).filter((index) => isGeneration(index) && index.replace(/-\d+$/, '') === alias).sort((a, b) => generationOf(a) - generationOf(b));
}

/** Compares every message in the index with the rows. Lines that only differ because something was said meanwhile agree when they are compared again. */
export async function compared(context: Context, openSearch: OpenSearch | undefined = searchedIn(context)): Promise<Comparison> {
  const sql = await context.database();
  for (let round = 1; ; round += 1) {
    const index = openSearch && (await indexBehind(openSearch, context.settings.OPENSEARCH_INDEX));
    const found = await compareSearch(sql, openSearch && index ? linesInOpenSearch(openSearch, index) : linesInPostgres(sql));
    if (found.differences.length === 0 || round === comparisonsMax) return found;
    await sleep(compareAgainMs, undefined, { signal: context.signal });
  }
}

async function statusOf(context: Context): Promise<GenerationStatus[]> {
  const openSearch = searchedIn(context);
  const [sql, nc] = [await context.database(), await context.nats()];
  const positions = await sql<{ stream: string; seq: number; epoch: string }[]>`select stream, seq, epoch from search.position where target = ${openSearch ? 'opensearch' : 'postgres'}`;
  const behind = await Promise.all(positions.map(async ({ stream, seq, epoch }) => {
    const state = await streamState(nc, stream);
    return epoch === state.epoch ? Math.max(0, state.lastSeq - seq) : undefined;
  }));
  const whole = behind.some((count) => count === undefined) ? undefined : behind.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const [{ owed, bytes, since }] = await sql<[{ owed: number; bytes: number; since: Date | null }]>`
    select (select count(*)::int from search.owed) as owed, pg_total_relation_size('search.document')::float8 as bytes, (select min(updated_at) from search.position) as since`;
  const common = { name, version: 1, parked: owed };
  if (!openSearch) return [{ ...common, generation: 1, state: 'active', behind: whole, bytes, createdAt: since ?? new Date(0) }];
  const alias = context.settings.OPENSEARCH_INDEX;
  const present = await indexBehind(openSearch, alias);
  const { body } = await openSearch.request('GET', `/_cat/indices/${alias}-*?format=json&bytes=b&h=index,store.size,creation.date`);
  return (body as { index: string; 'store.size': string; 'creation.date': string }[]).map((row) => ({
    ...common, generation: generationOf(row.index), state: row.index === present ? 'active' : 'standby', behind: row.index === present ? whole : 0,
    bytes: Number(row['store.size']), createdAt: new Date(Number(row['creation.date'])),
  }));
}
