import { Command, CommanderError } from 'commander';
import { release } from '@parley/kernel/config/release';
import { commands, type Run } from './commands.ts';
import { createContext } from './context.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { bad, createOutput, dim } from './output.ts';
import { printable } from './printable.ts';
import { readSettings } from './settings.ts';

type Global = { readonly json?: boolean; readonly config?: string };

/** Runs the command line; resolves with the exit code. Never throws. */
export async function main(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const interrupted = new AbortController();
  const stop = (): void => {
    // The second time does not wait for order.
    if (interrupted.signal.aborted) process.exit(exitCodes.interrupted);
    interrupted.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const program = await createProgram(env, interrupted.signal, args);
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (error) {
    return explain(error, interrupted.signal.aborted);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** The tree of commands: of the one that `args` begin with alone, or of all where that is not known yet. */
export async function createProgram(env: NodeJS.ProcessEnv, signal: AbortSignal, args: readonly string[] = [], out: NodeJS.WritableStream = process.stdout): Promise<Command> {
  const program = new Command('parley')
    .description('Operates Parley: import, inspect and verify its log, watch its projections.')
    .version(release, '-V, --version')
    .option('--json', 'answer in JSON on standard output')
    .option('--config <file>', 'where Parley is; default: .parley/env.json here or above, and the environment')
    .showHelpAfterError('(parley --help lists all commands)')
    .helpCommand(true)
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 fine, 1 something was found, 2 wrong usage, 69 a server does not answer, 70 internal, 78 wrong settings, 130 interrupted.');
  const run: Run = (work) => async (...args) => {
    const { json = false, config } = program.opts<Global>();
    const opened = createContext(readSettings(env, config), createOutput(json, out), signal);
    try {
      await work(opened.context, ...args);
    } finally {
      await opened.close();
    }
  };
  for (const load of wanted(args)) (await load())(program, run);
  for (const each of allOf(program)) each.exitOverride().configureOutput({ outputError: (text, write) => write(`${printable(text)}\n`) });
  return program;
}

function wanted(args: readonly string[]): (typeof commands)[string][] {
  const [first = ''] = args.filter((arg) => arg !== '--json');
  if (first === '-V' || first === '--version') return [];
  const known = first !== 'completion' && Object.hasOwn(commands, first) ? commands[first] : undefined;
  return known === undefined ? Object.values(commands) : [known];
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

function explain(error: unknown, wasInterrupted: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliError) {
    process.stderr.write(`${bad('parley:')} ${printable(error.message)} (${error.exit})\n${error.hint === undefined ? '' : `${dim(printable(error.hint))}\n`}`);
    return error.exit;
  }
  if (wasInterrupted) return exitCodes.interrupted;
  const known = asKnown(error);
  if (known && !env('PARLEY_DEBUG')) return explain(known, false);
  const detail = error instanceof Error && env('PARLEY_DEBUG') ? error.stack : printable(error instanceof Error ? error.message : String(error));
  process.stderr.write(`${bad('parley:')} ${detail} (${exitCodes.internal})\n${env('PARLEY_DEBUG') ? '' : `${dim('PARLEY_DEBUG=1 shows where.')}\n`}`);
  return exitCodes.internal;
}

/** What a server answered instead of what was asked of it, if that is what happened. By names and the servers' own words: only commands that read streams load the library that has the classes. */
function asKnown(error: unknown): CliError | undefined {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && !chain.includes(each); each = each.cause) chain.push(each);
  const missing = chain.find(({ name, message }) => name === 'StreamNotFoundError' || message.endsWith('stream not found'));
  if (missing) return new CliError(exitCodes.config, `NATS answers, but holds no log of Parley: ${missing.message}.`, 'Is it the right address? parley doctor --fix makes streams that are missing.');
  const refused = chain.find((each) => (each as { code?: string }).code === insufficientPrivilege);
  if (refused) return new CliError(exitCodes.config, `The database refuses: ${refused.message}.`, 'DATABASE_URL and VAULT_URL must name the roles that own their databases; that of the first may make roles and databases, too: alter role … createrole createdb.');
  if (chain[0]?.name !== 'LogUnavailable') return undefined;
  const said = chain.map(({ message }) => message);
  // Some say their cause themselves.
  return new CliError(exitCodes.unavailable, `${said.filter((each, at) => !said.slice(0, at).some((before) => before.includes(each))).join(': ')}.`, 'parley doctor says what is wrong.');
}

/** What PostgreSQL says to a role that may not do what it asked for (SQLSTATE). */
const insufficientPrivilege = '42501';

const env = (name: string): boolean => (process.env[name] ?? '') !== '';
