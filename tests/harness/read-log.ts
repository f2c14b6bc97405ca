import { connect } from '@nats-io/transport-node';
import type { Commit } from '@parley/contracts/envelope/commit';
import { streamNames } from '@parley/contracts/wire/partition';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { drainStream, streamState } from '@parley/kernel/event-store/read-stream';

/** Every commit of every stream, read from the server itself and not through any service. */
export async function readLog(natsUrl: string): Promise<Commit[]> {
  const nc = await connect({ servers: natsUrl.split(',') });
  try {
    const commits: Commit[] = [];
    for (const stream of streamNames) {
      const { firstSeq, lastSeq } = await streamState(nc, stream);
      for await (const batch of drainStream(nc, stream, Math.max(1, firstSeq), lastSeq)) {
        for (const { bytes } of batch) commits.push(decodeCommit(bytes));
      }
    }
    return commits;
  } finally {
    await nc.close();
  }
}
