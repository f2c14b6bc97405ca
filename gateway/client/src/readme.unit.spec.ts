import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

test('the README’s example compiles', () => {
  const code = /```ts\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1];
  expect(code).toContain('createClient');
  // Within the package, so that its own name resolves.
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const scratch = mkdtempSync(join(folder, 'dist', '.readme-'));
  try {
    writeFileSync(join(scratch, 'example.ts'), code!);
    writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify({
      extends: '../../../../tsconfig.base.json', compilerOptions: { noEmit: true, composite: false, declaration: false, sourceMap: false, types: [], lib: ['es2024', 'dom', 'esnext.disposable'] }, include: ['example.ts'],
    }));
    const compiled = spawnSync(fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url)), ['-p', scratch], { encoding: 'utf8' });
    expect(compiled.stdout + compiled.stderr).toBe('');
    expect(compiled.status).toBe(0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}, 60_000);
