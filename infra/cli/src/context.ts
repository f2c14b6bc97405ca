import type { NatsConnection } from '@nats-io/transport-node';
import { requireWorkspace, WorkspaceMismatch } from '@parley/kernel/event-store/workspace';
import { connectNats, reasonOf } from '@parley/kernel/nats/connect';
import { natsOf } from '@parley/kernel/nats/settings';
import { createOpener } from '@parley/kernel/sealing/opener';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { openPostgres, type Sql } from '@parley/kernel/stores/postgres';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { CliError, exitCodes } from './exit-codes.ts';
import type { Output } from './output.ts';
import { need, type Settings } from './settings.ts';

const connectMsMax = 5_000;

/** What a command has: its answer's way out, where Parley is, and connections that are closed after it. */
export type Context = {
  readonly output: Output;
  readonly settings: Settings;
  /** Aborts at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  nats(): Promise<NatsConnection>;
  /** NATS, if the log there is the workspace's that the settings name: what is read as another's looks damaged. */
  log(): Promise<NatsConnection>;
  /** The read database. */
  database(): Promise<Sql>;
  /** Opens personal content. The vault's audit notes who asked: `cli`, and for what purpose where there is one (`cli:log-grep`). */
  opener(purpose?: string): ContentOpener;
  /** Is done when the command ends, last first. */
  onEnd(end: () => Promise<unknown>): void;
};

/** Makes a context; `close` ends everything that was opened. */
export function createContext(settings: Settings, output: Output, signal: AbortSignal): { readonly context: Context; close(): Promise<void> } {
  const ends: (() => Promise<unknown>)[] = [];
  let nats: Promise<NatsConnection> | undefined;
  let log: Promise<NatsConnection> | undefined;
  let database: Promise<Sql> | undefined;
  const context: Context = {
    output, settings, signal,
    nats: () => (nats ??= openNats(settings, (end) => ends.push(end))),
    log: () => (log ??= context.nats().then((nc) => ofWorkspace(nc, settings))),
    database: () => (database ??= openDatabase(settings, (end) => ends.push(end))),
    opener(purpose) {
      const role = purpose === undefined ? 'cli' : `cli:${purpose}`;
      const vault = openVault({ url: need(settings, 'VAULT_URL'), kek: need(settings, 'PARLEY_KEK'), role, max: 2 });
      ends.push(() => vault[Symbol.asyncDispose]());
      return createOpener(vault, settings.PARLEY_WS);
    },
    onEnd: (end) => {
      ends.push(end);
    },
  };
  return {
    context,
    async close() {
      for (const end of ends.toReversed()) await end().catch(() => {});
    },
  };
}

async function openNats(settings: Settings, onEnd: (end: () => Promise<unknown>) => void): Promise<NatsConnection> {
  let reason: string | undefined;
  const connecting = connectNats({ ...natsOf(settings), name: 'parley-cli', onTrouble: (error) => { reason = reasonOf(error); } });
  const nc = await within(connecting, connectMsMax).catch((error: unknown) => {
    throw new CliError(exitCodes.config, `NATS cannot be asked: ${reasonOf(error)}`, hintFrom(settings));
  });
  if (!nc) {
    connecting.then((late) => late.close(), () => {});
    throw new CliError(exitCodes.unavailable, `NATS cannot be reached at ${withoutPassword(settings.NATS_URL)}${reason === undefined ? '' : `: ${reason}`}.`, hintFrom(settings));
  }
  onEnd(() => nc.close());
  return nc;
}

async function ofWorkspace(nc: NatsConnection, settings: Settings): Promise<NatsConnection> {
  try {
    await requireWorkspace(nc, settings.PARLEY_WS);
    return nc;
  } catch (error) {
    if (!(error instanceof WorkspaceMismatch)) throw error;
    throw new CliError(exitCodes.config, `${error.message[0]?.toUpperCase()}${error.message.slice(1)}`, `Settings come from: ${settings.from}.`, { cause: error });
  }
}

async function openDatabase(settings: Settings, onEnd: (end: () => Promise<unknown>) => void): Promise<Sql> {
  const url = need(settings, 'DATABASE_URL');
  const sql = openPostgres(url, { max: 4, name: 'parley-cli', statementTimeoutMs: 0 });
  onEnd(() => sql.end({ timeout: 5 }));
  const answered = await within(sql`select 1`.then(() => true), connectMsMax).catch((error: unknown) => {
    throw new CliError(exitCodes.unavailable, `The database cannot be used: ${error instanceof Error ? error.message : String(error)}`, hintFrom(settings));
  });
  if (!answered) throw new CliError(exitCodes.unavailable, `The database does not answer at ${withoutPassword(url)}.`, hintFrom(settings));
  return sql;
}

/** The value, or undefined after `ms` milliseconds. */
export async function within<T>(work: PromiseLike<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An address that may be shown. */
export const withoutPassword = (url: string): string => url.replace(/\/\/([^:@/]+):[^@/]*@/g, '//$1@');
const hintFrom = ({ from }: Settings): string => `The address comes from: ${from}. Is Parley running (npm start)?`;
