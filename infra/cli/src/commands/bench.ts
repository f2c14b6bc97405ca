import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

export function benchCommand(program: Command, run: Run): void {
  program
    .command('bench')
    .description('run a benchmark: ours and its peer in one run, with the correctness checked along')
    .argument('[name]', 'a benchmark, "all", or "report"; lists them if left out')
    .argument('[args...]', 'passed on: --rounds N, --seconds N, --save (keep the result for the report); with "all", names of benchmarks to run')
    .allowUnknownOption()
    .addHelpText('after', HELP)
    .action(run(async ({ output, signal }, name: string | undefined, args: string[]) => {
      const folder = benchFolder();
      const names = readdirSync(folder).filter((file) => file.endsWith('.ts') && !/^(measure|statistics)\.|\.spec\./.test(file)).map((file) => basename(file, '.ts'));
      if (name === undefined) return output.answer(names, () => names.join('\n'));
      const passed = [...args, ...(output.json && !args.includes('--json') ? ['--json'] : [])];
      const known = (asked: string): string => {
        if (!names.includes(asked)) throw new CliError(exitCodes.usage, `There is no benchmark ${asked}.`, `There are: ${names.join(', ')}.`);
        return join(folder, `${asked}.ts`);
      };
      const writeReport = () => runBench(join(folder, 'report', 'write.ts'), passed, signal);
      if (name === 'report') process.exitCode = await writeReport();
      else if (name === 'all') process.exitCode = await runAll(args, names, known, writeReport, signal);
      else process.exitCode = await runBench(known(name), passed, signal);
    }));
}

const HELP = `
Examples:
  parley bench
  parley bench append --json
  parley bench fanout --rounds 7 --save
  parley bench all                       every benchmark one after the other, kept, then the report
  parley bench all append memory --rounds 3
  parley bench report                    tests/bench/REPORT.md from what was kept
  parley bench report --table            the table alone

A benchmark starts servers of its own on free ports and stops them. Its exit code is 1 when a check failed.`;

/** One failing does not keep the others from running; the exit code is the worst. */
async function runAll(args: readonly string[], names: readonly string[], known: (name: string) => string, writeReport: () => Promise<number>, signal: AbortSignal): Promise<number> {
  const options = args.findIndex((arg) => arg.startsWith('-'));
  const asked = options < 0 ? args : args.slice(0, options);
  const files = (asked.length > 0 ? asked : names).map(known);
  let worst = 0;
  for (const file of files) {
    if (signal.aborted) return exitCodes.interrupted;
    worst = Math.max(worst, await runBench(file, [...(options < 0 ? [] : args.slice(options)), '--save'], signal));
  }
  return Math.max(worst, await writeReport());
}

/** The benchmarks lie beside the tests; they run from sources. */
function benchFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    const found = join(folder, 'tests', 'bench');
    if (existsSync(join(folder, 'tests', 'package.json')) && existsSync(found)) return found;
  }
  throw new CliError(exitCodes.unavailable, 'The benchmarks are not here.', 'They come with the repository (tests/bench), not with the built command.');
}

function runBench(file: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, ['--conditions=parley-source', '--disable-warning=ExperimentalWarning', file, ...args], { stdio: 'inherit' });
  const end = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, killed) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? (killed === 'SIGINT' ? exitCodes.interrupted : exitCodes.finding));
    });
  });
}
