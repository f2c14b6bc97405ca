import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { checkHeads, type StreamHeads } from '../head/check-heads.ts';
import { type Signing, signHeads } from '../head/notary.ts';
import { headKeysOf, publicKeySetOf, signerOf } from '../head/signed-head.ts';
import { bad, good, table } from '../output.ts';
import { createProgress } from '../progress.ts';
import { besideSettings, need, type Settings } from '../settings.ts';
import { commitsInLog } from '../verify/check-log.ts';
import { renderFinding } from '../verify/finding.ts';
import { positive } from './import.ts';

type SignOptions = { readonly to?: string[]; readonly every?: number };
type CheckOptions = { readonly heads?: string; readonly keys?: string };

const keyFileBytesMax = 1024 * 1024;

export function headCommand(program: Command, run: Run): void {
  const group = program.command('head').description('Signed heads: what the log held and when, kept outside of it');
  group
    .command('sign')
    .description('sign how far each stream has come, and append it to files outside the log')
    .option('--to <folder>', 'where heads go; give it several times for copies; default: heads/ beside the settings file', (value: string, all: string[] | undefined) => [...(all ?? []), value])
    .option('--every <seconds>', 'go on, once in so many seconds', positive)
    .addHelpText('after', '\nExamples:\n  parley head sign --to /mnt/elsewhere/heads\n  parley head sign --every 60 --to heads --to /mnt/elsewhere/heads\n\nIt signs with PARLEY_HEAD_KEY. Copies on another machine are what makes heads proof against whoever runs this one.')
    .action(run((context, options: SignOptions) => sign(context, options)));
  group
    .command('check')
    .description('compare the log with heads that were signed before')
    .option('--heads <folder>', 'where the heads are; default: heads/ beside the settings file')
    .option('--keys <file>', 'public keys to believe, a JSON Web Key Set; default: that of PARLEY_HEAD_KEY')
    .addHelpText('after', '\nExamples:\n  parley head check --heads /mnt/elsewhere/heads --keys head-keys.json\n  parley head check --json | jq .findings\n\nEnds with 1 and says what was changed, and where.')
    .action(run((context, options: CheckOptions) => check(context, options)));
  group
    .command('key')
    .description('make a key to sign heads with, or print the public half of the one that is set')
    .option('--public', 'the public key set of PARLEY_HEAD_KEY')
    .addHelpText('after', '\nExamples:\n  PARLEY_HEAD_KEY=$(parley head key) parley head sign\n  parley head key --public > head-keys.json')
    .action(run(async ({ output, settings }, options: { readonly public?: boolean }) => {
      const text = options.public ? publicKeySetOf(signingKey(settings)) : makeHeadKey();
      output.line(JSON.parse(text), text.trim());
    }));
}

/** A new private key for heads: one line, a JSON Web Key. */
export function makeHeadKey(): string {
  const { kty, crv, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return JSON.stringify({ kty, crv, x, d, kid: randomBytes(9).toString('base64url') });
}

function signingKey(settings: Settings): string {
  const key = need(settings, 'PARLEY_HEAD_KEY');
  signerOf(key);
  return key;
}

function defaultFolder(settings: Settings, option: string): string {
  const folder = besideSettings(settings, 'heads');
  if (folder === undefined) throw new CliError(exitCodes.usage, `Say where the heads are: ${option} <folder>.`);
  return folder;
}

async function sign(context: Context, { to, every }: SignOptions): Promise<void> {
  const { settings, signal, output } = context;
  const signer = signerOf(signingKey(settings));
  const [first, ...others] = to ?? [defaultFolder(settings, '--to')];
  const options = { nc: await context.log(), ws: settings.PARLEY_WS, signer, folders: [first as string, ...others] as const, signal };
  for (;;) {
    const begun = performance.now();
    const done = await signHeads(options);
    const faults = done.filter(({ fault }) => fault !== undefined);
    report(context, done, every !== undefined);
    if (every === undefined) {
      if (faults.length > 0) process.exitCode = exitCodes.finding;
      return;
    }
    const restMs = every * 1_000 - (performance.now() - begun);
    await pause(Math.max(0, restMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) return output.note('stopped');
  }
}

function report({ output }: Context, done: readonly Signing[], isBrief: boolean): void {
  const signed = done.flatMap((each) => (each.signed ? [each.signed] : []));
  const faults = done.filter(({ fault }) => fault !== undefined);
  for (const { stream, fault } of faults) output.note(`${bad('not signed:')} ${stream}: ${fault}`);
  if (isBrief && signed.length === 0) return;
  output.answer({ ok: faults.length === 0, signed, faults }, () => [
    ...(isBrief ? [] : signed.map(({ head }) => `${head.stream.padEnd(7)} up to ${head.seq}  ${head.root}`)),
    `${signed.length} heads signed at ${new Date().toISOString()}${signed.length === 0 ? ': nothing new' : ''}`,
  ].join('\n'));
}

async function check(context: Context, options: CheckOptions): Promise<void> {
  const { settings, signal, output } = context;
  const folder = options.heads ?? defaultFolder(settings, '--heads');
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new CliError(exitCodes.usage, `There is no folder ${folder}.`);
  const keys = options.keys === undefined ? headKeysOf(publicKeySetOf(signingKey(settings)), 'PARLEY_HEAD_KEY') : headKeysOf(readKeyFile(options.keys), options.keys);
  const nc = await context.log();
  const progress = createProgress('heads', 'commits', await commitsInLog(nc));
  const done = new Map<string, number>();
  const streams = await checkHeads({
    nc, ws: settings.PARLEY_WS, folder, keys, signal,
    onProgress: (commits, stream) => {
      done.set(stream, commits);
      progress.update([...done.values()].reduce((sum, count) => sum + count, 0), stream);
    },
  });
  progress.end();
  const findings = streams.flatMap((each) => each.findings);
  if (streams.every(({ heads }) => heads === 0)) throw new CliError(exitCodes.finding, `There are no heads in ${folder}: nothing is proven.`);
  output.answer({ ok: findings.length === 0, streams: streams.map((each) => ({ ...each, findings: each.findings.length })), findings }, () => render(streams, findings.map(renderFinding)));
  if (findings.length > 0) process.exitCode = exitCodes.finding;
}

/** Reads a file of keys, which is never large. Throws CliError (78). */
export function readKeyFile(file: string): string {
  if (!existsSync(file) || statSync(file).size > keyFileBytesMax) throw new CliError(exitCodes.config, `${file} is no file of keys.`);
  return readFileSync(file, 'utf8');
}

function render(streams: readonly StreamHeads[], findings: readonly string[]): string {
  const uncovered = streams.reduce((sum, { lastSeq, proven }) => sum + Math.max(0, lastSeq - (proven?.seq ?? 0)), 0);
  return [
    table(['stream', 'heads', 'fine', 'unlike', 'other epoch', 'proven to', 'as of', 'log ends'], streams.filter(({ heads, lastSeq }) => heads > 0 || lastSeq > 0).map((each) => [each.stream, each.heads, each.fine, each.unlike, each.otherEpoch, each.proven?.seq, each.proven?.at.slice(0, 19), each.lastSeq])),
    findings.length === 0 ? good('the log is what was signed') : bad(`${findings.length} findings:`),
    ...findings,
    ...(uncovered > 0 ? [`${uncovered.toLocaleString('en-US')} commits are behind the last good head: nothing is proven of them`] : []),
  ].join('\n');
}
