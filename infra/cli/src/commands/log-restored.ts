import type { Command } from 'commander';
import { readEpochs, renewEpochs } from '@parley/kernel/nats/epochs';
import { readMembers } from '@parley/kernel/routing/members-view';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

export function logRestoredCommand(group: Command, run: Run): void {
  group
    .command('restored')
    .description('the last step of a restore: has nobody take the log for the one of before')
    .option('--yes', 'do it')
    .addHelpText('after', '\nExample:\n  parley verify --full && parley log restored --yes\n\nAfter a restore a sequence may name another commit than before. With new epochs rows, cursors and caches of before are\nrefused instead of mixed: rebuild the read models (parley rebuild all), and clients begin anew by themselves.\nNo service may run.')
    .action(run((context, { yes = false }: { yes?: boolean }) => restored(context, yes)));
}

async function restored(context: Context, yes: boolean): Promise<void> {
  const nc = await context.nats();
  const before = await readEpochs(nc);
  // The bucket is in memory: where it is not there, nobody is.
  const alive = await readMembers(nc).catch(() => []);
  if (alive.length > 0) throw new CliError(exitCodes.usage, `${alive.map(({ instance }) => instance).join(', ')} still decides by the log of before.`, 'Stop all services first; they read their epochs when they start.');
  if (!yes) throw new CliError(exitCodes.usage, `This would make all rows, cursors and caches of log ${before.combined} worthless.`, 'Add --yes.');
  const { combined } = await renewEpochs(nc);
  context.output.answer({ before: before.combined, epoch: combined }, () => `This is log ${combined} now; it was ${before.combined}. Start the services, then: parley rebuild all`);
}
