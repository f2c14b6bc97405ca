import { deciders } from '@parley/command-service/deciders';
import type { AggregateKind } from '@parley/contracts/envelope/commit';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { openJetStreamSnapshots, snapshotKeyOf } from '@parley/kernel/event-store/snapshots';
import type { Context } from '../context.ts';
import { checkSnapshots } from '../verify/check-snapshots.ts';
import type { Finding } from '../verify/finding.ts';
import { bad, type Check, fixable, ok } from './check.ts';

/** Snapshots that are not what the log folds to. They are disposable: without one a load takes longer, and is right. */
export async function snapshotChecks(context: Context): Promise<readonly Check[]> {
  const nc = await context.nats();
  const { snapshots, findings } = await checkSnapshots(nc, context.settings.PARLEY_WS, context.signal, undefined, () => {});
  if (findings.length === 0) return [ok('snapshots', `${snapshots} equal a replay`)];
  return findings.map((finding) => {
    const check = bad('snapshots', `${finding.kind} ${finding.id}: ${finding.what}`);
    // If it is the log that does not fold, the snapshot is the last good state there is.
    if (finding.what.startsWith('the log cannot be folded')) return { ...check, hint: 'The log is what is damaged: parley verify.' };
    return fixable({ ...check, hint: 'It is disposable.' }, { what: `delete the snapshot of ${finding.kind} ${finding.id}`, run: () => remove(context, finding) });
  });
}

async function remove(context: Context, { kind, id }: Finding): Promise<string> {
  const nc = await context.nats();
  const aggregate = { kind: kind as AggregateKind, id: id as string };
  const epoch = await (await openJetStreamLog(nc)).epoch(aggregate);
  await (await openJetStreamSnapshots(nc)).delete(snapshotKeyOf({ aggregate, stateVersion: deciders[aggregate.kind].stateVersion, epoch }));
  return `the snapshot of ${kind} ${id} is gone; the next load folds the log`;
}
