import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { StoredCommit } from '@parley/kernel/event-store/event-log';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { deriveKey, keySpecOf } from '@parley/kernel/sealing/keys';
import type { Secret, Vault } from '@parley/kernel/vault/vault';
import { CliError, exitCodes } from '../exit-codes.ts';
import { openLeaves, readHeads } from '../head/head-files.ts';
import { pathOf } from '../head/merkle.ts';
import type { SignedHead } from '../head/signed-head.ts';
import { openCommit, textOf } from '../log/open-texts.ts';
import { RemovedTexts } from '../log/removed-texts.ts';
import { type Proof, RoomFileWriter } from './room-file.ts';

export type ExportOptions = {
  readonly nc: NatsConnection;
  readonly ws: string;
  readonly roomId: string;
  /** Where signed heads lie; without, the file proves only its own chain. */
  readonly heads: string | undefined;
  /** With it, what was said is written beside the sealed bytes. */
  readonly opener: ContentOpener | undefined;
  /** Also what was redacted or replaced by an edit since. */
  readonly withRemoved: boolean;
  /** With it, the keys are written that open the sealed bytes: all of them, also of what was removed. */
  readonly vault: Vault | undefined;
  readonly note: (text: string) => void;
};
export type Exported = { commits: number; events: number; keys: number; proven?: { readonly seq: number; readonly at: string } };

const keysPerCall = 200;

/** Yields the text of a room's file, piece by piece. Throws CliError (1) when there is no such room. */
export async function* exportRoom(options: ExportOptions, exported: Exported): AsyncGenerator<string> {
  const { nc, ws, roomId, opener, withRemoved, note, vault } = options;
  const aggregate = { kind: 'room', id: roomId } as const;
  const log = await openJetStreamLog(nc);
  const writer = new RoomFileWriter();
  const epoch = await log.epoch(aggregate);
  yield writer.line({ parley: 'room-export/1', ws, room: roomId, stream: streamOf(aggregate), epoch, exportedAt: new Date().toISOString() });
  const removed = new RemovedTexts();
  const seqs: number[] = [];
  const keyIds = new Set<string>();
  for await (const stored of log.read(aggregate, 0)) {
    yield writer.line({ commit: { seq: stored.seq, at: stored.storedAtMs, bytes: Buffer.from(stored.bytes).toString('base64') } });
    seqs.push(stored.seq);
    exported.commits += 1;
    const commit = decodeCommit(stored.bytes);
    exported.events += commit.events.length;
    commit.events.forEach((event, index) => {
      removed.take(roomId, commit.n + index, event);
      if (event.sealed) keyIds.add(event.sealed.k);
    });
  }
  const lastSeq = seqs.at(-1);
  if (lastSeq === undefined) throw new CliError(exitCodes.finding, `The log has no room ${roomId}.`);
  if (opener) yield* texts(log.read(aggregate, 0), lastSeq, opener, (n) => !withRemoved && removed.has(roomId, n), writer, note);
  if (vault) yield* keys(ws, aggregate, [...keyIds], vault, writer, exported);
  const proof = options.heads === undefined ? undefined : await proofOf(options.heads, streamOf(aggregate), epoch, seqs);
  if (proof) {
    exported.proven = { seq: proof.seq, at: proof.signed.head.at };
    yield writer.line({ proof });
  }
  yield writer.end();
}

async function* texts(commits: AsyncIterable<StoredCommit>, lastSeq: number, opener: ContentOpener, isRemoved: (n: number) => boolean, writer: RoomFileWriter, note: (text: string) => void): AsyncGenerator<string> {
  for await (const { seq, bytes } of commits) {
    if (seq > lastSeq) return;
    const commit = decodeCommit(bytes);
    const opened = await openCommit(opener, commit, note, (index) => !isRemoved(commit.n + index));
    for (const [index, event] of commit.events.entries()) {
      const n = commit.n + index;
      if (event.sealed && !isRemoved(n)) yield writer.line({ text: { n, content: textOf(opened[index]) } });
    }
  }
}

async function* keys(ws: string, { kind, id }: AggregateRef, keyIds: readonly string[], vault: Vault, writer: RoomFileWriter, exported: Exported): AsyncGenerator<string> {
  for (let at = 0; at < keyIds.length; at += keysPerCall) {
    const specs = keyIds.slice(at, at + keysPerCall).map((k) => ({ k, spec: keySpecOf(ws, kind, id, k) }));
    const secrets = await vault.get([...new Set(specs.flatMap(({ spec }) => spec?.scopes ?? []))]);
    for (const { k, spec } of specs) {
      const needed = spec?.scopes.map((scope) => secrets.get(scope));
      // What was erased has no key any more, and gets none here.
      if (!spec || !needed?.every((secret): secret is Secret => secret instanceof Uint8Array)) continue;
      exported.keys += 1;
      yield writer.line({ key: { k, key: deriveKey(spec, needed).toString('base64url') } });
    }
  }
}

/** Shows that the last commit of the room which any head covers is in that head's tree; the chain shows the rest. */
async function proofOf(folder: string, stream: string, epoch: string, seqs: readonly number[]): Promise<Proof | undefined> {
  let last: SignedHead | undefined;
  for await (const line of readHeads(folder, stream)) if ('signed' in line && line.signed.head.epoch === epoch) last = line.signed;
  const seq = seqs.findLast((each) => each <= (last?.head.seq ?? 0));
  if (!last || seq === undefined) return undefined;
  const leaves = openLeaves(folder, stream, epoch);
  try {
    return { signed: last, seq, path: pathOf(seq - 1, last.head.seq, (index) => leaves.leafAt(index)).map((node) => node.toString('base64url')) };
  } finally {
    leaves.close();
  }
}
