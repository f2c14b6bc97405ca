import { existsSync } from 'node:fs';
import { findOnPath } from '../run.ts';
import { PlainError, type Progress } from '../steps.ts';
import { aptInstall } from './apt.ts';

/** Where Debian puts it: outside of the PATH of those who are not root. */
const USUAL = '/usr/sbin/nginx';

/**
 * Returns the path of nginx: on PATH, in its usual place, else by apt-get where that is allowed.
 * @throws a plain error that says what to install.
 */
export async function ensureNginx(progress: Progress = () => {}): Promise<string> {
  const found = (): string | undefined => findOnPath('nginx') ?? (existsSync(USUAL) ? USUAL : undefined);
  const problem = found() === undefined ? await aptInstall(['nginx'], progress) : undefined;
  const path = found();
  if (path === undefined) throw new PlainError(`nginx could not be had (${problem ?? 'it is not where apt-get should have put it'}). Install nginx, then run this again.`);
  return path;
}
