import type { Command } from 'commander';
import { makeSecrets, rotatedSigningKeys } from '@parley/kernel/config/secrets';
import type { Run } from '../commands.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

export function secretsCommand(program: Command, run: Run): void {
  program
    .command('secrets')
    .description('make the secrets that the services of a new deployment share, or a new key for people’s tokens')
    .option('--rotate', 'from PARLEY_SIGNING_KEYS in the environment: the set of keys after it; an hour apart at least')
    .addHelpText('after', '\nExamples:\n  parley secrets > secrets.env\n  PARLEY_SIGNING_KEYS=\'{"keys":[…]}\' parley secrets --rotate\n\nLines of NAME=\'value\', for a shell, systemd or docker; keep them where no backup of a store goes.')
    .action(run(async ({ output }, { rotate = false }: { rotate?: boolean }) => {
      const secrets = rotate ? { PARLEY_SIGNING_KEYS: rotated(process.env['PARLEY_SIGNING_KEYS']) } : makeSecrets();
      output.answer(secrets, () => Object.entries(secrets).map(([name, value]) => `${name}='${value}'`).join('\n'));
    }));
}

function rotated(before: string | undefined): string {
  if (!before) throw new CliError(exitCodes.config, 'PARLEY_SIGNING_KEYS is not set.', 'Give the set that the gateways have now: PARLEY_SIGNING_KEYS=… parley secrets --rotate');
  try {
    return rotatedSigningKeys(before);
  } catch {
    throw new CliError(exitCodes.config, 'PARLEY_SIGNING_KEYS is no JSON Web Key Set.', 'parley secrets makes one.');
  }
}
