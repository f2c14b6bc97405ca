import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';
import { appendHead, lastHead, leavesCount, readHeads, readLeaves, readState, writeLeaves, writeState } from './head-files.ts';
import { Frontier, gapLeaf, hashBytes, leafOf } from './merkle.ts';
import { hashOfHead, type HeadSigner, type SignedHead } from './signed-head.ts';

export type NotaryOptions = {
  readonly nc: NatsConnection;
  readonly ws: string;
  readonly signer: HeadSigner;
  /** The first is the notary's own; each other gets a copy of it. */
  readonly folders: readonly [string, ...string[]];
  readonly signal: AbortSignal;
};

/** What came of one stream: a new head, nothing new, or why none may be signed. */
export type Signing = { readonly stream: string; readonly signed?: SignedHead; readonly fault?: string };

const leavesPerWrite = 32_768;

/** A log that is not what was signed, or heads that contradict one another: nothing more is signed over it. */
class Contradiction extends Error {
  override readonly name = 'Contradiction';
}

/** Signs a head of every stream that has grown since its last one. What cannot be signed is told, the others go on. */
export async function signHeads(options: NotaryOptions): Promise<Signing[]> {
  const done: Signing[] = [];
  for (const stream of streamNames) {
    options.signal.throwIfAborted();
    let signed: SignedHead | undefined;
    let fault: string | undefined;
    try {
      signed = await signStream(options, stream);
      for (const copy of options.folders.slice(1)) await copyHeads(options.folders[0], copy, stream);
    } catch (error) {
      if (options.signal.aborted) throw error;
      fault = error instanceof Error ? error.message : String(error);
    }
    done.push({ stream, ...(signed && { signed }), ...(fault !== undefined && { fault }) });
  }
  return done;
}

async function signStream({ nc, ws, signer, folders: [folder], signal }: NotaryOptions, stream: string): Promise<SignedHead | undefined> {
  const last = await lastHead(folder, stream);
  const { epoch, lastSeq } = await streamState(nc, stream);
  if (lastSeq === 0 && !last) return undefined;
  const isSame = last?.head.epoch === epoch;
  if (last && isSame && lastSeq < last.head.seq) throw new Contradiction(`the log went back: it ends at ${lastSeq}, the head of ${last.head.at} covers up to ${last.head.seq}; parley head check tells more`);
  if (last && isSame && lastSeq === last.head.seq) return undefined;
  if (lastSeq === 0) return undefined;
  const frontier = last && isSame ? await frontierOf(folder, stream, last) : new Frontier();
  const tree = frontier ?? new Frontier();
  await grow(tree, { nc, stream, epoch, lastSeq, folder, signal }, frontier === undefined ? last : undefined);
  const signed = signer.sign({ parley: 'head/1', ws, stream, epoch, seq: lastSeq, root: tree.root().toString('base64url'), at: new Date().toISOString(), prev: last ? hashOfHead(last) : '' });
  await appendHead(folder, signed);
  await writeState(folder, stream, epoch, tree);
  return signed;
}

/** The tree behind the last head, from what is kept beside it, if that gives the root that was signed; undefined: the log must be read again. */
async function frontierOf(folder: string, stream: string, { head }: SignedHead): Promise<Frontier | undefined> {
  const fits = (frontier: Frontier): boolean => frontier.size === head.seq && frontier.root().toString('base64url') === head.root;
  const state = await readState(folder, stream);
  const hasLeaves = (await leavesCount(folder, stream, head.epoch)) >= head.seq;
  if (state && state.epoch === head.epoch && fits(state.frontier) && hasLeaves) return state.frontier;
  const frontier = new Frontier();
  for await (const leaf of readLeaves(folder, stream, head.epoch)) {
    if (frontier.size === head.seq) break;
    frontier.append(leaf);
  }
  return fits(frontier) ? frontier : undefined;
}

type Growth = { readonly nc: NatsConnection; readonly stream: string; readonly epoch: string; readonly lastSeq: number; readonly folder: string; readonly signal: AbortSignal };

/** Adds the log's messages behind the tree's end, and their leaves to the file. On its way it must meet the root of `last`. */
async function grow(tree: Frontier, { nc, stream, epoch, lastSeq, folder, signal }: Growth, last: SignedHead | undefined): Promise<void> {
  let written = tree.size;
  let leaves: Buffer[] = [];
  const flush = async (): Promise<void> => {
    await writeLeaves(folder, stream, epoch, written, Buffer.concat(leaves, leaves.length * hashBytes));
    written += leaves.length;
    leaves = [];
  };
  const add = (leaf: Buffer): void => {
    tree.append(leaf);
    leaves.push(leaf);
    if (tree.size === last?.head.seq && tree.root().toString('base64url') !== last.head.root) {
      throw new Contradiction(`what lies up to ${last.head.seq} is not what was signed at ${last.head.at}; parley head check tells where`);
    }
  };
  for await (const batch of drainStream(nc, stream, tree.size + 1, lastSeq, { signal })) {
    for (const { seq, subject, bytes } of batch) {
      while (tree.size + 1 < seq) add(gapLeaf);
      add(leafOf(subject, bytes));
    }
    if (leaves.length >= leavesPerWrite) await flush();
  }
  signal.throwIfAborted();
  while (tree.size < lastSeq) add(gapLeaf);
  await flush();
}

/** Brings a copy to where the original is. Throws when the copy has a head that the original has not. */
async function copyHeads(from: string, to: string, stream: string): Promise<void> {
  const [here, there] = [await lastHead(from, stream), await lastHead(to, stream)];
  const mark = there && hashOfHead(there);
  if (mark === (here && hashOfHead(here))) return;
  // The usual case is one head behind; the whole history is read only when it is another.
  if (here && mark === here.head.prev) return copyMissing(from, to, [here]);
  const missing: SignedHead[] = [];
  let isKnown = mark === undefined;
  for await (const line of readHeads(from, stream)) {
    if ('fault' in line) throw new Contradiction(`line ${line.line} in ${from}: ${line.fault}`);
    if (isKnown) missing.push(line.signed);
    else isKnown = hashOfHead(line.signed) === mark;
  }
  if (!isKnown) throw new Contradiction(`the last head in ${to} (of ${there?.head.at}, up to ${there?.head.seq}) is not in ${from}: two histories`);
  await copyMissing(from, to, missing);
}

async function copyMissing(from: string, to: string, missing: readonly SignedHead[]): Promise<void> {
  for (const signed of missing) await copyLeaves(from, to, signed);
  for (const signed of missing) await appendHead(to, signed);
}

async function copyLeaves(from: string, to: string, { head: { stream, epoch, seq } }: SignedHead): Promise<void> {
  let at = 0;
  let written = await leavesCount(to, stream, epoch);
  let pending: Buffer[] = [];
  const flush = async (): Promise<void> => {
    await writeLeaves(to, stream, epoch, written, Buffer.concat(pending));
    written += pending.length;
    pending = [];
  };
  if (written >= seq) return;
  for await (const leaf of readLeaves(from, stream, epoch)) {
    at += 1;
    if (at > seq) break;
    if (at <= written + pending.length) continue;
    pending.push(Buffer.from(leaf));
    if (pending.length === leavesPerWrite) await flush();
  }
  await flush();
}
