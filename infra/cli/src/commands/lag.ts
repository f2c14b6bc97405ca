import { jetstreamManager } from '@nats-io/jetstream';
import { type Command, InvalidArgumentError } from 'commander';
import { streamNames } from '@parley/contracts/wire/partition';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { bad, table } from '../output.ts';

export type LagRow = { readonly projection: string; readonly generation: number; /** Whether queries read it, or it stands by, or is being built. */ readonly state: string; readonly stream: string; readonly seq: number; readonly lastSeq: number; /** Commits that it has not applied. */ readonly commits: number; /** Age of the oldest of them. */ readonly seconds: number; readonly epochOk: boolean };

export function lagCommand(program: Command, run: Run): void {
  program
    .command('lag')
    .description('how far each projection is behind each stream, in commits and in seconds')
    .option('--max-seconds <s>', 'end with 1 if one is behind by more', seconds)
    .option('--all', 'also lanes that are not behind')
    .addHelpText('after', '\nExamples:\n  parley lag\n  parley lag --max-seconds 5 --json')
    .action(run((context, options: { maxSeconds?: number; all?: boolean }) => lag(context, options)));
}

function seconds(text: string): number {
  const value = Number(text);
  // A comparison with NaN would call every lag fine.
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number of seconds from 0 on.');
  return value;
}

/** Reads checkpoints and streams and compares them; worst first. */
export async function readLag(context: Context): Promise<LagRow[]> {
  const sql = await context.database();
  const jsm = await jetstreamManager(await context.nats(), { checkAPI: false });
  const rows = await sql<{ projection: string; generation: number; state: string; stream: string; seq: number; epoch: string }[]>`
    select projection, generation, g.state, c.stream, c.seq, c.epoch from ops.checkpoint c join ops.generation g using (projection, generation) 
    union all
    select 'search-' || p.target, 1, case when p.target = ${context.settings.OPENSEARCH_URL === undefined ? 'postgres' : 'opensearch'} then 'active' else 'standby' end, p.stream, p.seq, p.epoch
    from search.position p
    order by projection, generation, stream`;
  const streams = new Map(await Promise.all(streamNames.map(async (name) => [name, await jsm.streams.info(name)] as const)));
  const lags = await Promise.all(
    rows.map(async ({ projection, generation, state, stream, seq, epoch }): Promise<LagRow> => {
      const info = streams.get(stream);
      const lastSeq = info?.state.last_seq ?? 0;
      const commits = Math.max(0, lastSeq - seq);
      const next = commits === 0 ? null : await jsm.streams.getMessage(stream, { seq: seq + 1 }).catch(() => null);
      const seconds = next ? Math.max(0, (Date.now() - next.time.getTime()) / 1_000) : 0;
      return { projection, generation, state, stream, seq, lastSeq, commits, seconds: Number(seconds.toFixed(1)), epochOk: info?.config.metadata?.['epoch'] === epoch };
    }),
  );
  return lags.toSorted((a, b) => b.seconds - a.seconds || b.commits - a.commits);
}

async function lag(context: Context, { maxSeconds, all = false }: { maxSeconds?: number; all?: boolean }): Promise<void> {
  const rows = await readLag(context);
  const behind = rows.filter(({ commits, epochOk }) => commits > 0 || !epochOk);
  const worst = Math.max(0, ...rows.map(({ seconds }) => seconds));
  context.output.answer({ lanes: rows, commits: behind.reduce((sum, { commits }) => sum + commits, 0), seconds: worst }, () => {
    const shown = all ? rows : behind;
    const head = `${rows.length - behind.length} of ${rows.length} lanes are at the log’s end`;
    return shown.length === 0 ? head : `${table(['projection', 'generation', 'state', 'stream', 'at', 'of', 'commits', 'seconds', ''], shown.map((row) => [row.projection, row.generation, row.state, row.stream, row.seq, row.lastSeq, row.commits, row.seconds, row.epochOk ? '' : bad('another epoch: rebuild needed')]))}\n${head}`;
  });
  if ((maxSeconds !== undefined && worst > maxSeconds) || rows.some(({ epochOk }) => !epochOk)) process.exitCode = exitCodes.finding;
}
