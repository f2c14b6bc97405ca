import { streamState } from '@parley/kernel/event-store/read-stream';
import { followErasures } from '@parley/kernel/sealing/erasures';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { type Generation, schemaOf } from '@parley/projectors/generations/generation';
import { readGenerations } from '@parley/projectors/generations/read';
import { allProjections } from '@parley/projectors/projections/all';
import { alone, dropOld, type Made, makeGeneration, type RebuildDeps, RebuildRefused, rollBack, swapIn } from '@parley/projectors/rebuild/rebuild';
import { SwapRefused } from '@parley/projectors/rebuild/swap';
import type { AnyProjection } from '@parley/projectors/runner/projection';
import { Stopped } from '@parley/projectors/runner/failures';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { createProgress, type Progress } from '../progress.ts';
import type { GenerationStatus, RebuildGroup, RebuildOptions, RebuildReport, SwapTimes } from './group.ts';

const aliases: Readonly<Record<string, readonly string[]>> = { conversations: ['messages', 'rooms'], people: ['users'], markers: ['readers'] };

const projections = allProjections();
/** The present rules of each projection. */
const present = [...new Map(projections.toReversed().map((projection) => [projection.name, projection])).values()].toReversed();

function named(name: string): AnyProjection {
  return present.find((projection) => projection.name === name)!;
}

/** The tables in PostgreSQL that queries read. */
export const rowsGroup: RebuildGroup = {
  names: Object.fromEntries(present.map(({ name }) => [name, aliases[name] ?? []])),
  rebuild: (context, names, options) => explained(() => rebuild(context, names.map(named), options)),
  rollback: (context, name) => explained(async () => {
    const deps = await open(context);
    return alone(deps, [named(name)], () => rollBack(deps, named(name), projections));
  }),
  dropOld: (context, name) => explained(async () => {
    const deps = await open(context);
    return alone(deps, [named(name)], () => dropOld(deps, named(name)));
  }),
  status,
};

async function rebuild(context: Context, wanted: readonly AnyProjection[], { verify, swap, acceptDifferences }: RebuildOptions): Promise<{ reports: RebuildReport[]; swap?: SwapTimes }> {
  const plain = await open(context);
  return alone(plain, wanted, async () => {
    const made: Made[] = [];
    for (const projection of wanted) {
      const shown = showProgress(projection.name, (text) => context.output.note(text));
      try {
        made.push(await makeGeneration({ ...plain, onProgress: shown.onProgress }, projection, { verify }));
      } finally {
        shown.end();
      }
    }
    const differ = made.some(({ comparison }) => !('left' in comparison) && !comparison.equal);
    const isSwapped = swap && (!differ || acceptDifferences);
    const times = isSwapped ? await swapIn(plain, made, { parkedMayDiffer: acceptDifferences }) : undefined;
    return { reports: made.map((each) => reportOf(each, isSwapped)), ...(times && { swap: times }) };
  });
}

function reportOf({ made, comparison, messages, seconds }: Made, isRead: boolean): RebuildReport {
  const head = { name: made.projection, generation: made.generation, messages, seconds: Number(seconds.toFixed(3)), isRead };
  if ('left' in comparison) return { ...head, compared: 'not compared', why: comparison.left };
  const { equal, rows, hash, counts, differences, erased, parked } = comparison;
  return { ...head, compared: equal ? 'equal' : 'differs', rows, hash, erased, ...(!equal && { counts, differences, parked }) };
}

async function open(context: Context): Promise<RebuildDeps> {
  const nc = await context.nats();
  const opener = context.opener();
  const unfollow = followErasures(nc, (scope) => opener.forget(scope));
  context.onEnd(async () => unfollow());
  return {
    sql: await context.database(), nc, log: await openJetStreamLog(nc), opener, signal: context.signal,
    onNote: (note) => context.output.note(note),
    onVault: (away) => { if (away) context.output.note('the vault cannot be reached; waiting for it'); },
  };
}

/** A bar with rate and remaining time while the log is gone through, a word for what follows. */
function showProgress(name: string, note: (text: string) => void): { readonly onProgress: NonNullable<RebuildDeps['onProgress']>; end(): void } {
  let bar: Progress | undefined;
  let first = 0;
  let told = '';
  return {
    onProgress(phase, done, total) {
      if (phase === 'filling') {
        if (!bar) first = done;
        bar ??= createProgress(name, 'messages of the log', total - first);
        bar.update(done - first);
        return;
      }
      bar?.end();
      if (phase !== told) note(`${name}: ${phase}`);
      told = phase;
    },
    end: () => bar?.end(),
  };
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RebuildRefused || error instanceof SwapRefused) throw new CliError(exitCodes.finding, `${error.message}.`, 'What was made is kept; the same command goes on from there.');
    if (error instanceof Stopped) throw new CliError(exitCodes.finding, `The log cannot be gone through: ${error.message}.`, 'See parley verify.');
    throw error;
  }
}

async function status(context: Context): Promise<readonly GenerationStatus[]> {
  const [sql, nc] = [await context.database(), await context.log()];
  const generations = (await readGenerations(sql)).filter(({ state }) => state !== 'retired');
  const checkpoints = await sql<{ projection: string; generation: number; stream: string; seq: number; epoch: string }[]>`select projection, generation, stream, seq, epoch from ops.checkpoint`;
  const streams = new Map(await Promise.all([...new Set(checkpoints.map(({ stream }) => stream))].map(async (stream) => [stream, await streamState(nc, stream)] as const)));
  const behindOf = ({ projection, generation }: Generation): number | undefined => {
    const own = checkpoints.filter((row) => row.projection === projection && row.generation === generation).map((row) => ({ ...row, state: streams.get(row.stream)! }));
    if (own.some(({ seq, epoch, state }) => epoch !== state.epoch || seq > state.lastSeq)) return undefined;
    return own.reduce((sum, { seq, state }) => sum + state.lastSeq - seq, 0);
  };
  return Promise.all(generations.map(async (each) => {
    const { projection: name, generation, version, state, createdAt } = each;
    const [row] = await sql<{ bytes: number; parked: number }[]>`
      select coalesce((select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace s on s.oid = c.relnamespace where s.nspname = ${schemaOf(each)} and c.relkind = 'r'), 0)::bigint as bytes,
        (select count(*)::int from ops.parked where projection = ${name} and generation = ${generation}) as parked`;
    return { name, generation, version, state, behind: behindOf(each), parked: row!.parked, bytes: row!.bytes, createdAt };
  }));
}
