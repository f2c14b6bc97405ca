import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import { exitCodes } from '../exit-codes.ts';
import { bad, good } from '../output.ts';
import { compared } from '../rebuild/search-group.ts';

export function searchCommand(program: Command, run: Run): void {
  const search = program.command('search').description('the index that searches are answered from');
  search
    .command('check')
    .description('compare every message in the index with the rows, by identity and version')
    .addHelpText('after', '\nExamples:\n  parley search check\n  parley search check --json\n\nEnds with 1 if something differs; parley rebuild search makes the index anew.')
    .action(run(async (context) => {
      const found = await compared(context);
      const same = found.differences.length === 0;
      context.output.answer({ ok: same, ...found }, () =>
        same ? good(`${found.indexed} messages, the same in the index and in the rows (${found.indexHash.slice(0, 12)})`) : [...found.differences, bad(`${found.differences.length} differences: parley rebuild search`)].join('\n'));
      if (!same) process.exitCode = exitCodes.finding;
    }));
}
