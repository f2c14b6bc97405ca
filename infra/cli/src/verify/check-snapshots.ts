import { Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import { deciders } from '@parley/command-service/deciders';
import { aggregateKinds, type AggregateKind, type AggregateRef } from '@parley/contracts/envelope/commit';
import { streamOf } from '@parley/contracts/wire/partition';
import { snapshotsBucket } from '@parley/contracts/wire/subjects';
import type { EventLog, StoredCommit } from '@parley/kernel/event-store/event-log';
import { foldCommits } from '@parley/kernel/event-store/fold';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { decodeSnapshot, openJetStreamSnapshots, snapshotKeyOf } from '@parley/kernel/event-store/snapshots';
import { type Finding, findingsMax } from './finding.ts';

export type SnapshotReport = { readonly snapshots: number; /** Of another version or epoch: nobody opens them. */ readonly disused: number; readonly findings: readonly Finding[] };

/** Folds, for every snapshot that a service would open, the log up to the same commit, and compares. `only` names one aggregate. */
export async function checkSnapshots(nc: NatsConnection, ws: string, signal: AbortSignal, only: AggregateRef | undefined, onProgress: (done: number, total: number) => void): Promise<SnapshotReport> {
  const bucket = await openJetStreamSnapshots(nc);
  const names = (await (await new Objm(nc).open(snapshotsBucket)).list()).filter(({ deleted }) => !deleted).map(({ name }) => name);
  const log = await openJetStreamLog(nc);
  const findings: Finding[] = [];
  let [snapshots, disused] = [0, 0];
  for (const [index, name] of names.entries()) {
    signal.throwIfAborted();
    onProgress(index, names.length);
    const key = keyFrom(name);
    if (only && (key?.aggregate.kind !== only.kind || key.aggregate.id !== only.id)) continue;
    const isUsed = key && key.stateVersion === deciders[key.aggregate.kind].stateVersion && key.epoch === (await log.epoch(key.aggregate));
    if (!key || !isUsed) {
      disused += 1;
      continue;
    }
    snapshots += 1;
    const bytes = await bucket.get(name);
    const fault = bytes && (await faultOf(ws, log, key, bytes));
    if (fault && findings.length < findingsMax) findings.push({ check: 'snapshot', kind: key.aggregate.kind, id: key.aggregate.id, stream: streamOf(key.aggregate), ...fault });
  }
  return { snapshots, disused, findings };
}

type Key = NonNullable<ReturnType<typeof keyFrom>>;

function keyFrom(name: string): { readonly aggregate: AggregateRef; readonly stateVersion: number; readonly epoch: string } | undefined {
  const [kind, id, stateVersion, epoch, ...rest] = name.split('/');
  if (!aggregateKinds.includes(kind as AggregateKind) || id === undefined || epoch === undefined || rest.length > 0) return undefined;
  const key = { aggregate: { kind: kind as AggregateKind, id }, stateVersion: Number(stateVersion), epoch };
  return snapshotKeyOf(key) === name ? key : undefined;
}

async function faultOf(ws: string, log: EventLog, key: Key, bytes: Uint8Array): Promise<Pick<Finding, 'what' | 'n' | 'seq'> | undefined> {
  const snapshot = await decodeSnapshot(key, bytes);
  if (!snapshot) return { what: 'it cannot be read' };
  const { link } = snapshot;
  const folded = await foldCommits(deciders[key.aggregate.kind], ws, key.aggregate, upTo(log.read(key.aggregate, 0), link.seq));
  if (folded.problem) return { what: `the log cannot be folded: ${folded.problem.detail}`, seq: folded.problem.seq, n: folded.confirmed.link.n + 1 };
  const replayed = folded.confirmed.link;
  if (replayed.seq !== link.seq || replayed.n !== link.n || replayed.prev !== link.prev) return { what: `it is of event ${link.n}, seq ${link.seq}, hash ${link.prev}; the log has event ${replayed.n}, seq ${replayed.seq}, hash ${replayed.prev}`, n: link.n, seq: link.seq };
  return folded.stateHash === snapshot.stateHash ? undefined : { what: `its state (${snapshot.stateHash}) is not what the log folds to (${folded.stateHash})`, n: link.n, seq: link.seq };
}

async function* upTo(commits: AsyncIterable<StoredCommit>, seq: number): AsyncGenerator<StoredCommit> {
  for await (const commit of commits) {
    if (commit.seq > seq) return;
    yield commit;
  }
}
