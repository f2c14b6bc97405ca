import { findOnPath, lastLines, run } from '../run.ts';
import type { Progress } from '../steps.ts';

/**
 * Installs Debian packages where that is ours to do: as root, or in CI where sudo asks nothing.
 * Services they bring are not started.
 * @returns undefined when done, else why not, in one line.
 */
export async function aptInstall(packages: readonly string[], progress: Progress): Promise<string | undefined> {
  if (findOnPath('apt-get') === undefined) return 'apt-get is not on this machine';
  const prefix = await rootPrefix();
  if (prefix === undefined) return 'apt-get needs root';
  // Run level 1 keeps the packages' scripts from starting their services.
  const settings = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const apt = async (args: readonly string[]): Promise<{ code: number; output: string }> => {
    const [command = 'env', ...rest] = [...prefix, ...settings, 'apt-get', '-o', 'DPkg::Lock::Timeout=180', ...args];
    return run(command, rest);
  };
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  progress(`installing ${packages.join(', ')} with apt-get`);
  if ((await apt(install)).code === 0) return undefined;
  await apt(['update']);
  const second = await apt(install);
  return second.code === 0 ? undefined : `apt-get install ${packages.join(' ')}: ${lastLines(second.output, 2)}`;
}

async function rootPrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (process.env['CI'] === undefined || findOnPath('sudo') === undefined) return undefined;
  return (await run('sudo', ['-n', 'true'])).code === 0 ? ['sudo', '-n'] : undefined;
}
