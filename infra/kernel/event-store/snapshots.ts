import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { Objm, type ObjectStore } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { snapshotsBucket } from '@parley/contracts/wire/subjects';
import type { Link } from './chain.ts';
import { hashOf } from './commit-codec.ts';
import type { Confirmed } from './confirmed.ts';
import { encodeFolded } from './fold.ts';
import { RememberedCommands, type RememberedRows } from './remembered-commands.ts';
import { unpackState } from './state-codec.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const snapshotBytesMax = 64 * 1024 * 1024;
const formatVersion = 1;

/** Where snapshots lie. Losing any of them costs time only. */
export type SnapshotBucket = {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
};

/** What a snapshot belongs to; any difference makes it none. */
export type SnapshotKey = { readonly aggregate: AggregateRef; readonly stateVersion: number; readonly epoch: string };

export const snapshotKeyOf = ({ aggregate, stateVersion, epoch }: SnapshotKey): string => `${aggregate.kind}/${aggregate.id}/${stateVersion}/${epoch}`;

/** First line of a snapshot; the second is the fold itself. */
type Head = { readonly format: number; readonly key: string; readonly link: Link; readonly hash: string };

/**
 * A confirmed state as bytes: one line that says what it is and the hash of the other, which holds state and
 * remembered commands; compressed. The state is read at once, so later folds do not get in.
 */
export function encodeSnapshot(key: SnapshotKey, confirmed: Confirmed): Promise<Uint8Array> {
  const body = Buffer.from(encodeFolded(confirmed));
  const head: Head = { format: formatVersion, key: snapshotKeyOf(key), link: confirmed.link, hash: hashOf(body) };
  return compress(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]));
}

/** The state a snapshot holds, with the hash it carries; undefined if it is damaged, of another format, version or epoch. */
export async function decodeSnapshot(key: SnapshotKey, bytes: Uint8Array): Promise<(Confirmed & { readonly stateHash: string }) | undefined> {
  try {
    const plain = await decompress(bytes, { maxOutputLength: snapshotBytesMax });
    const end = plain.indexOf(0x0a);
    const head = JSON.parse(plain.toString('utf8', 0, end)) as Head;
    const body = plain.subarray(end + 1);
    if (head.format !== formatVersion || head.key !== snapshotKeyOf(key) || head.hash !== hashOf(body)) return undefined;
    const { state, remembered } = JSON.parse(body.toString('utf8')) as { state: unknown; remembered: RememberedRows };
    return { state: unpackState(state), link: head.link, remembered: RememberedCommands.fromRows(remembered), stateHash: head.hash };
  } catch {
    return undefined;
  }
}

/** Snapshots in memory: for tests and for a log in memory. */
export function createMemorySnapshots(): SnapshotBucket & { readonly objects: Map<string, Uint8Array> } {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    async get(key) {
      return objects.get(key);
    },
    async put(key, bytes) {
      objects.set(key, bytes);
    },
    async delete(key) {
      objects.delete(key);
    },
  };
}

/** Snapshots in the object bucket SNAPSHOTS, which must exist. Each call may throw what the client throws. */
export async function openJetStreamSnapshots(nc: NatsConnection, bucket: string = snapshotsBucket): Promise<SnapshotBucket> {
  const store: ObjectStore = await new Objm(nc).open(bucket);
  return {
    async get(key) {
      return (await store.getBlob(key)) ?? undefined;
    },
    async put(key, bytes) {
      await store.putBlob({ name: key }, bytes);
    },
    async delete(key) {
      await store.delete(key);
    },
  };
}
