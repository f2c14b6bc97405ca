import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.ts';
import { run } from './run.ts';
import { step } from './steps.ts';

type Check = { readonly name: string; readonly command: readonly string[]; readonly needs?: string };

const CHECKS: readonly Check[] = [
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types of the services and tests', command: ['tsc', '-p', 'tsconfig.check.json'] },
  { name: 'types of the page', command: ['tsc', '-p', 'gateway/web', '--noEmit'], needs: 'gateway/web/src' },
  { name: 'unused code', command: ['knip'] },
];

/** Runs every check, all of them even when one fails, and shows what the failed ones printed. Takes no arguments. */
export async function main(): Promise<number> {
  const failures: string[] = [];
  const attempt = async (name: string, work: () => Promise<string | undefined>): Promise<void> => {
    const problem = await step(name, async () => {
      const found = await work();
      if (found !== undefined) throw new Error(found);
    }).catch((error: unknown) => (error as Error).message);
    if (typeof problem === 'string') failures.push(`${name}:\n${problem}`);
  };
  for (const { name, command, needs } of CHECKS) {
    if (needs !== undefined && !existsSync(join(ROOT, needs))) continue;
    const [program = '', ...args] = command;
    await attempt(name, () => outputIfFailed(join(ROOT, 'node_modules/.bin', program), args));
  }
  await attempt('generated files in step', generatedFilesDrift);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  process.stdout.write(failures.length === 0 ? 'All checks passed.\n' : `\n${failures.length} checks failed.\n`);
  return failures.length === 0 ? 0 : 1;
}

async function outputIfFailed(command: string, args: readonly string[]): Promise<string | undefined> {
  const { code, output } = await run(command, args, { cwd: ROOT });
  return code === 0 ? undefined : output;
}

/** Generates the files again and compares them with what is committed. */
async function generatedFilesDrift(): Promise<string | undefined> {
  const generated = await run('npm', ['run', 'codegen', '--silent'], { cwd: ROOT });
  if (generated.code !== 0) return generated.output;
  const drift = await run('git', ['status', '--porcelain', '--', 'contracts/generated'], { cwd: ROOT });
  if (drift.output.trim() === '') return undefined;
  const { output } = await run('git', ['diff', '--stat', '--', 'contracts/generated'], { cwd: ROOT });
  return `Generated files differ from what is committed: run \`npm run codegen\` and commit.\n${drift.output}${output}`;
}
