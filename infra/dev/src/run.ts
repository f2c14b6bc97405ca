import { spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PlainError } from './steps.ts';

const OUTPUT_CHARACTERS_MAX = 64_000;

export type RunResult = { readonly code: number; readonly output: string };

/**
 * Runs a command to its end and collects what it printed (the last 64,000 characters).
 * `onLine` sees each line as it comes. Never throws for a non-zero code; throws when the command cannot be started.
 */
export function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { input?: string; onLine?: (line: string) => void } = {},
): Promise<RunResult> {
  const { input, onLine, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...spawnOptions, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      const text = chunk.toString('utf8');
      output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
      if (onLine !== undefined) for (const line of text.split('\n')) if (line.trim() !== '') onLine(line.trim());
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** Runs a command that must succeed; throws a plain error with its last output otherwise. */
export async function mustRun(command: string, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new PlainError(`${command} ${args.join(' ')} ended with code ${code}:\n${lastLines(output, 30)}`);
  return output;
}

/** The full path of a command on PATH, or undefined. */
export function findOnPath(command: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder !== '' && existsSync(join(folder, command))) return join(folder, command);
  }
  return undefined;
}

/** What `command --version` prints, or undefined when it cannot be run. */
export function versionOf(command: string, flag = '--version'): string | undefined {
  const asked = spawnSync(command, [flag], { encoding: 'utf8', timeout: 20_000 });
  return asked.status === 0 ? `${asked.stdout}${asked.stderr}`.trim() : undefined;
}

/** The last `count` lines of a text. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
