import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installArguments } from './build.ts';
import { mustRun } from './run.ts';

test('all that builds Parley is installed in a shell that is set to leave it out', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'parley-install-'));
  try {
    for (const name of ['compiler', 'platform']) {
      await mkdir(join(cwd, name));
      await writeFile(join(cwd, name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    }
    await writeFile(join(cwd, 'package.json'), JSON.stringify({ name: 'whole', version: '1.0.0', devDependencies: { compiler: 'file:compiler' }, optionalDependencies: { platform: 'file:platform' } }));
    const env = { ...process.env, NODE_ENV: 'production', npm_config_omit: 'dev', npm_config_offline: 'true' };
    await mustRun('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd, env });
    await mustRun('npm', installArguments, { cwd, env });
    expect((await readdir(join(cwd, 'node_modules'))).filter((name) => !name.startsWith('.')).toSorted()).toEqual(['compiler', 'platform']);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
