import { createWriteStream, existsSync, rmSync, renameSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { headKeysOf } from '../head/signed-head.ts';
import { aggregateFrom } from '../log/read-aggregate.ts';
import { bad, good } from '../output.ts';
import { checkRoomFile, type RoomFileReport } from '../room-file/check-room-file.ts';
import { exportRoom, type Exported } from '../room-file/export-room.ts';
import { importRoomFile } from '../room-file/import-room-file.ts';
import { besideSettings, need } from '../settings.ts';
import { renderFinding } from '../verify/finding.ts';
import { readKeyFile } from './head.ts';

type ExportOptions = { readonly out: string; readonly heads?: string; readonly open?: boolean; readonly withRemoved?: boolean; readonly withKeys?: boolean };
type CheckOptions = { readonly keys?: string };

export function roomFileCommands(group: Command, run: Run): void {
  group
    .command('export')
    .description('write a room’s log to a file that can be checked without this server')
    .argument('<roomId>')
    .requiredOption('--out <file>', 'the file; with gzip if its name ends in .gz')
    .option('--heads <folder>', 'signed heads that prove it; default: heads/ beside the settings file')
    .option('--open', 'also what was said, opened; not what was redacted or edited away')
    .option('--with-removed', 'with --open: that too')
    .option('--with-keys', 'also the keys that open the sealed bytes; needs --with-removed, because they open everything')
    .addHelpText('after', '\nExamples:\n  parley room export general --out general.ndjson.gz\n  parley room export general --open --out general.ndjson')
    .action(run((context, roomId: string, options: ExportOptions) => exportFile(context, roomId, options)));
  group
    .command('check')
    .description('check a room’s file: chain, numbers, signed head; needs no server')
    .argument('<file>')
    .option('--keys <file>', 'public keys of heads to believe, a JSON Web Key Set')
    .addHelpText('after', '\nExample:\n  parley room check general.ndjson.gz --keys head-keys.json')
    .action(run(async ({ output }, file: string, options: CheckOptions) => {
      const report = await checkRoomFile(existing(file), keysFrom(options));
      output.answer({ ok: report.findings.length === 0, ...report }, () => render(report));
      if (report.findings.length > 0) process.exitCode = exitCodes.finding;
    }));
  group
    .command('import')
    .description('put a room back, byte for byte, into a log of the same workspace that does not have it')
    .argument('<file>')
    .option('--keys <file>', 'public keys of heads to believe, a JSON Web Key Set')
    .addHelpText('after', '\nExample:\n  parley room import general.ndjson.gz --keys head-keys.json\n\nIts texts open only with the vault that they were sealed with.')
    .action(run(async (context, file: string, options: CheckOptions) => {
      const report = await importRoomFile(await context.log(), context.settings.PARLEY_WS, existing(file), keysFrom(options));
      context.output.answer({ ok: true, ...report }, () => `${render(report)}\n${good(`room ${report.room} is in the log`)}`);
    }));
}

function existing(file: string): string {
  if (!existsSync(file)) throw new CliError(exitCodes.usage, `There is no file ${file}.`);
  return file;
}

const keysFrom = ({ keys }: CheckOptions) => (keys === undefined ? undefined : headKeysOf(readKeyFile(keys), keys));

async function exportFile(context: Context, roomId: string, { out, heads, open, withRemoved = false, withKeys }: ExportOptions): Promise<void> {
  const { settings, output } = context;
  if (withKeys && !withRemoved) throw new CliError(exitCodes.usage, 'Keys open everything that was ever said in the room, also what was redacted or edited away.', 'Say so with --with-removed, or leave --with-keys out.');
  if (withRemoved && !open && !withKeys) throw new CliError(exitCodes.usage, '--with-removed is about what is opened.', 'Add --open.');
  if (existsSync(out)) throw new CliError(exitCodes.usage, `${out} is there already.`);
  aggregateFrom('room', roomId);
  const folder = heads ?? besideSettings(settings, 'heads');
  const vault = withKeys ? openVault({ url: need(settings, 'VAULT_URL'), kek: need(settings, 'PARLEY_KEK'), role: 'cli', max: 1 }) : undefined;
  if (vault) context.onEnd(() => vault[Symbol.asyncDispose]());
  const exported: Exported = { commits: 0, events: 0, keys: 0 };
  const lines = exportRoom({
    nc: await context.log(), ws: settings.PARLEY_WS, roomId, withRemoved, vault, note: (text) => output.note(text),
    heads: folder !== undefined && existsSync(folder) ? folder : undefined, opener: open ? context.opener() : undefined,
  }, exported);
  const part = `${out}.part`;
  try {
    const file = createWriteStream(part, { mode: 0o600 });
    await (out.endsWith('.gz') ? pipeline(Readable.from(lines), createGzip(), file, { signal: context.signal }) : pipeline(Readable.from(lines), file, { signal: context.signal }));
    renameSync(part, out);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  const { commits, events, keys, proven } = exported;
  output.answer({ file: out, ...exported }, () => [
    `${events} events in ${commits} commits${keys > 0 ? `, and ${keys} keys` : ''} are in ${out}`,
    proven ? `covered by the head of ${proven.at}` : 'no head covers it yet: it proves its own chain and nothing else (parley head sign)',
  ].join('\n'));
}

function render({ room, ws, commits, events, proven, unproven, findings }: RoomFileReport): string {
  return [
    `room ${room} of ${ws}: ${events} events in ${commits} commits`,
    findings.length === 0 ? good('the chain is whole') : bad(`${findings.length} findings:`),
    ...findings.map(renderFinding),
    proven ? good(`${proven.commits} of ${commits} commits are what was signed at ${proven.at} by ${proven.kid}`) : `not proven: ${unproven ?? 'see above'}`,
  ].join('\n');
}
