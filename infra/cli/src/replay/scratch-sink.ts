import { canonicalDump } from '@parley/projectors/canonical-dump';
import { Poison, Stopped } from '@parley/projectors/runner/failures';
import { dropScratchDatabase, openScratchFold, type ScratchOptions } from '@parley/projectors/scratch-fold';
import { CliError, exitCodes } from '../exit-codes.ts';
import type { Placed } from '../log/merge-streams.ts';
import { table } from '../output.ts';
import type { Sink } from './sink.ts';

/** What scratch databases are called, so that nothing else can be dropped as one. */
export const scratchName = /^parley_replay_[a-z0-9_]{1,40}$/;

/**
 * Folds commits by the projections that run into the tables of a scratch database. It is dropped at the end unless
 * `keep`. Throws CliError (1) where a running projection would set an aggregate aside or stop.
 */
export async function openScratchSink(options: ScratchOptions & { readonly keep: boolean }): Promise<Sink> {
  const { databaseUrl, name, keep } = options;
  const fold = await openScratchFold(options);
  const end = async (drop: boolean): Promise<void> => {
    await fold.close();
    if (drop) await dropScratchDatabase(databaseUrl, name);
  };
  return {
    async write(messages) {
      try {
        for (const [stream, ofStream] of byStream(messages)) await fold.take(stream, ofStream);
      } catch (error) {
        if (error instanceof Poison || error instanceof Stopped) throw new CliError(exitCodes.finding, `The projections stop here: ${error.message}.`, 'parley verify tells what is wrong with the log.');
        throw error;
      }
    },
    async finish() {
      const { tables, hash } = await canonicalDump(fold.sql);
      await end(!keep);
      const rows = Object.fromEntries(Object.entries(tables).map(([of, { rows: count }]) => [of, count]));
      const shown = table(['table', 'rows'], Object.entries(rows));
      return { report: { database: name, kept: keep, rows, hash }, text: `${shown}\nhash ${hash.slice(0, 16)}\n${keep ? `kept in database ${name}; parley replay --drop ${name} drops it` : `database ${name} is dropped`}` };
    },
    abandon: (willResume) => end(!keep && !willResume),
  };
}

function byStream(messages: readonly Placed[]): Map<string, Placed[]> {
  return Map.groupBy(messages, ({ stream }) => stream);
}
