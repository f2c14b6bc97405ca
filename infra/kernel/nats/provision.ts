import { randomInt } from 'node:crypto';
import { DiscardPolicy, jetstreamManager, JetStreamApiError, type JetStreamManager, RetentionPolicy, StorageType, StoreCompression, type StreamConfig } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import { membersBucket, snapshotsBucket, subjectsOfStream } from '@parley/contracts/wire/subjects';
import { isNoPeers, isNoRoom, whenPlaced } from './when-placed.ts';

/** A member that has not beaten for this long is gone; NATS removes its key and tells every watcher. */
export const memberTtlMs = 3_000;
/** How long the mark of a removed member stays: long enough for every watcher to be told, the least NATS takes. */
const memberMarkerMs = 1_000;
/** The least window NATS takes. Appends carry no message id: a command decided anew under an old id would be acknowledged and lost. */
const duplicateWindowMs = 100;
/** Creating a replicated stream waits for an election of its own. */
const requestMs = 20_000;

const streamNotFound = 10_059;
const nameInUse = 10_058;
const subjectsOverlap = 10_065;
const storageInsufficient = 10_047;
const epochPattern = /^[a-z0-9]{8}$/;

export type ProvisionOptions = {
  /** 1 on a single server, 3 on a cluster. */
  readonly replicas: 1 | 3;
  /** Room for each event stream. NATS reserves it: 16 of these and 4 quarters must fit into `max_file_store`. */
  readonly streamBytesMax?: number;
};

/** What exists in NATS cannot serve as the log. `message` names the stream, the setting, what it is and what it must be. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/**
 * Creates what is missing of the log's 20 streams, the bucket of snapshots and the bucket of members, and checks what
 * exists. Any number of processes may do this at once. Throws ProvisionError for anything that would not keep what the
 * log promises; nothing that exists is ever changed here.
 */
export async function provisionStreams(nc: NatsConnection, options: ProvisionOptions): Promise<void> {
  const jsm = await jetstreamManager(nc, { timeout: requestMs });
  await mapBounded(streamNames, 4, (name, index) => provisionStream(jsm, streamConfig(name, index, options)));
  await provisionMembers(nc, options.replicas);
  await provisionSnapshots(nc, jsm, options);
}

/** Creates one of the log's streams or buckets, by the name NATS knows it under, and nothing else that may be missing. Throws ProvisionError. */
export async function provisionOne(nc: NatsConnection, name: string, options: ProvisionOptions): Promise<void> {
  const jsm = await jetstreamManager(nc, { timeout: requestMs });
  const index = streamNames.indexOf(name);
  if (index >= 0) await provisionStream(jsm, streamConfig(name, index, options));
  else if (name === `KV_${membersBucket}`) await provisionMembers(nc, options.replicas);
  else if (name === `OBJ_${snapshotsBucket}`) await provisionSnapshots(nc, jsm, options);
  else throw new ProvisionError(`${name} is no stream of the log.`);
}

async function provisionSnapshots(nc: NatsConnection, jsm: JetStreamManager, { replicas }: ProvisionOptions): Promise<void> {
  await whenPlaced(() => new Objm(nc).create(snapshotsBucket, { storage: StorageType.File, replicas, description: 'Snapshots of aggregates; disposable' }), requestMs);
  await check(jsm, { name: `OBJ_${snapshotsBucket}`, storage: StorageType.File });
}

/** Creates the bucket of members if it is missing, as after the restart of a single server, which forgets memory streams. */
export async function provisionMembers(nc: NatsConnection, replicas: number): Promise<void> {
  const bucket = { history: 1, ttl: memberTtlMs, markerTTL: memberMarkerMs, storage: StorageType.Memory, replicas, description: 'Live command-service instances' };
  await whenPlaced(() => new Kvm(nc).create(membersBucket, bucket), requestMs);
  const jsm = await jetstreamManager(nc, { timeout: requestMs });
  const wanted = { storage: StorageType.Memory, max_age: nanos(memberTtlMs), allow_msg_ttl: true, subject_delete_marker_ttl: nanos(memberMarkerMs) };
  await check(jsm, { name: `KV_${membersBucket}`, ...wanted });
}

function streamConfig(name: string, index: number, { replicas, streamBytesMax = 2 * 1024 ** 3 }: ProvisionOptions): Wanted {
  const events = index < eventStreams;
  return {
    name,
    description: events ? 'Events of rooms, people and names' : 'How far people have read',
    subjects: subjectsOfStream(index),
    storage: StorageType.File,
    num_replicas: replicas,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: events ? streamBytesMax : Math.floor(streamBytesMax / 4),
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_age: 0,
    max_consumers: 1_000,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
    allow_rollup_hdrs: false,
    // Sealed content does not compress.
    compression: StoreCompression.None,
    metadata: { epoch: newEpoch() },
  };
}

/** A new epoch: 8 characters, unlike any before it with a chance of one in 2.8 million million. */
export function newEpoch(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

async function provisionStream(jsm: JetStreamManager, wanted: Wanted): Promise<void> {
  if (!(await exists(jsm, wanted.name))) {
    try {
      await whenPlaced(() => jsm.streams.add(wanted), requestMs);
    } catch (error) {
      const code = error instanceof JetStreamApiError ? error.code : 0;
      if (code === storageInsufficient || isNoRoom(error)) {
        throw new ProvisionError(`NATS has no room for stream ${wanted.name} of ${wanted.max_bytes} bytes: raise max_file_store, or give the streams less (NATS_STREAM_BYTES).`, { cause: error });
      }
      if (code === subjectsOverlap) throw new ProvisionError(`Stream ${wanted.name} cannot be made: another stream holds some of its subjects.`, { cause: error });
      if (isNoPeers(error)) throw new ProvisionError(`NATS has no ${wanted.num_replicas ?? 1} servers with JetStream that stream ${wanted.name} could lie on: start all servers of the cluster first.`, { cause: error });
      // Another process created it in the meantime, with an epoch of its own.
      if (code !== nameInUse) throw error;
    }
  }
  await check(jsm, wanted);
}

async function exists(jsm: JetStreamManager, name: string): Promise<boolean> {
  try {
    await jsm.streams.info(name);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === streamNotFound) return false;
    throw error;
  }
}

type Wanted = Partial<StreamConfig> & { readonly name: string };

/** Settings that must be exactly as wanted; sizes and the number of consumers are the operator's. */
const exactKeys = [
  'storage', 'retention', 'discard', 'max_msgs', 'max_msgs_per_subject', 'max_age', 'compression', 'allow_direct', 'allow_rollup_hdrs', 'allow_msg_ttl', 'subject_delete_marker_ttl',
] as const satisfies readonly (keyof StreamConfig)[];

async function check(jsm: JetStreamManager, wanted: Wanted): Promise<void> {
  const { config } = await jsm.streams.info(wanted.name);
  const refuse = (setting: string, is: unknown, mustBe: unknown): never => {
    throw new ProvisionError(`Stream ${wanted.name} cannot serve: its ${setting} is ${JSON.stringify(is)} and must be ${JSON.stringify(mustBe)}.`);
  };
  for (const key of exactKeys) {
    if (wanted[key] !== undefined && (config[key] ?? false) !== wanted[key]) refuse(key, config[key], wanted[key]);
  }
  if (wanted.subjects && !sameSet(wanted.subjects, config.subjects ?? [])) refuse('subjects', config.subjects, wanted.subjects);
  if (wanted.num_replicas !== undefined && config.num_replicas < wanted.num_replicas) refuse('num_replicas', config.num_replicas, wanted.num_replicas);
  if (wanted.metadata?.['epoch'] !== undefined && !epochPattern.test(config.metadata?.['epoch'] ?? '')) refuse('metadata.epoch', config.metadata?.['epoch'], '8 letters and digits');
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each) => right.includes(each));
}

/** Does the work on at most `concurrencyMax` items at a time. After a failure nothing more begins, and what runs is awaited. */
async function mapBounded<T>(items: readonly T[], concurrencyMax: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      try {
        await work(items[index] as T, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrencyMax }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
