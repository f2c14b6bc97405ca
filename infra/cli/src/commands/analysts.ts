import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { scramVerifier } from '@parley/kernel/stores/scram';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { table } from '../output.ts';
import { need } from '../settings.ts';

type CreateOptions = { text?: boolean; connections: number };

export function analystsCommand(program: Command, run: Run): void {
  const group = program.command('analysts').description('who may read the analytics schemas in SQL');
  group
    .command('list')
    .description('roles that sign in as analysts, and whether they may read texts')
    .addHelpText('after', '\nExample:\n  parley analysts list')
    .action(run(list));
  group
    .command('create')
    .description('make a role that reads schema analytics, or a new password for it, and print its address')
    .argument('<name>', 'name of the role', roleName)
    .option('--text', 'it may also read texts and names, after saying why each time')
    .option('--connections <n>', 'connections at a time', (text) => whole(text), 3)
    .addHelpText('after', '\nExamples:\n  parley analysts create ada\n  parley analysts create tom --text')
    .action(run((context, name: string, options: CreateOptions) => create(context, name, options)));
  group
    .command('drop')
    .description('end a role’s sessions and take it away')
    .argument('<name>', 'name of the role', roleName)
    .addHelpText('after', '\nExample:\n  parley analysts drop ada')
    .action(run(drop));
}

async function list(context: Context): Promise<void> {
  const sql = await context.database();
  const rows = await sql<{ name: string; with_text: boolean; connections: number }[]>`select name, with_text, connections from ops.analyst order by name`;
  context.output.answer(rows, () => (rows.length === 0 ? 'No role signs in as an analyst.' : table(['name', 'reads', 'connections'], rows.map(({ name, with_text, connections }) => [name, with_text ? 'facts and texts' : 'facts', connections]))));
}

async function create(context: Context, name: string, { text = false, connections }: CreateOptions): Promise<void> {
  const sql = await context.database();
  const password = randomBytes(18).toString('base64url');
  await asOperator(sql`select ops.create_analyst(${name}, ${scramVerifier(password)}, ${text}, ${connections})`);
  const url = addressWith(need(context.settings, 'DATABASE_URL'), { user: name, password });
  context.output.answer({ name, withText: text, url }, () => url);
  context.output.note('The password is shown this once; the same command makes a new one.');
}

async function drop(context: Context, name: string): Promise<void> {
  const sql = await context.database();
  const [found] = await sql`select 1 from ops.analyst where name = ${name}`;
  if (!found) throw new CliError(exitCodes.usage, `No analyst is called ${name}.`, 'parley analysts list names them.');
  await asOperator(sql`alter role ${sql(name)} nologin`);
  await asOperator(sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${name}`);
  await asOperator(sql`drop role ${sql(name)}`);
  context.output.answer({ dropped: name }, () => `${name} is gone.`);
}

/** A name that cannot be taken is the caller's mistake. */
async function asOperator<T>(work: PromiseLike<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === '42710' || code === '22023') throw new CliError(exitCodes.usage, message);
    throw error;
  }
}

function roleName(text: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(text)) throw new InvalidArgumentError('must be small letters, digits and _.');
  return text;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError('must be a whole number from 1 to 100.');
  return value;
}
