import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeSecrets, type Secrets } from '@parley/kernel/config/secrets';

/** The secrets kept in a file only its owner can read; made the first time. */
export async function keptSecrets(file: string): Promise<Secrets> {
  const made = makeSecrets();
  const kept = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Secrets>) : undefined;
  if (kept && Object.keys(made).every((name) => name in kept)) return kept as Secrets;
  // A folder of an earlier release lacks what this one needs more; what it has is never replaced.
  const secrets = { ...made, ...kept };
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}
