import type { NatsConnection } from '@nats-io/transport-node';
import { aggregateOfSubject } from '@parley/contracts/wire/subjects';
import { hashOf } from '@parley/kernel/event-store/commit-codec';
import { leaderGet } from '@parley/kernel/event-store/leader-get';
import { drainStream, type StreamMessage, streamState } from '@parley/kernel/event-store/read-stream';
import { CommitChecker, type Verified } from './commit-checker.ts';
import type { Finding } from './finding.ts';
import type { Watermark, WatermarkStore } from './watermark.ts';

export type StreamReport = { readonly stream: string; readonly commits: number; readonly events: number; readonly aggregates: number; readonly before: { readonly commits: number; readonly events: number }; readonly findings: readonly Finding[] };

export type CheckStreamOptions = { readonly signal: AbortSignal; readonly onProgress: (commits: number) => void; readonly watermarks?: WatermarkStore | undefined };

/** So many aggregates that were verified before are looked at again, chosen by chance. */
const spotChecksMax = 64;
const epochPattern = /^[a-z0-9]{8}$/;

/** Checks one stream, behind its watermark if there is one that still holds; leaves a new one if nothing was found. */
export async function checkStream(nc: NatsConnection, ws: string, stream: string, { signal, onProgress, watermarks }: CheckStreamOptions): Promise<StreamReport> {
  const state = await streamState(nc, stream);
  const { firstSeq, lastSeq, epoch } = state;
  const findings: Finding[] = epochPattern.test(epoch) ? [] : [{ check: 'epoch', stream, what: `its epoch is "${epoch}"` }];
  const found = await watermarks?.read(stream);
  // A stream that was made anew or restored is another one: nothing of it was verified yet.
  const mark = found && found.ws === ws && found.epoch === epoch ? found : undefined;
  const before = mark ? { commits: mark.commits, events: mark.events } : { commits: 0, events: 0 };
  if (mark) findings.push(...(await changesUnder(nc, stream, mark, lastSeq)));
  if (mark && findings.length > 0) return { stream, commits: 0, events: 0, aggregates: mark.heads.size, before, findings };

  const checker = new CommitChecker(ws);
  for (const [subject, verified] of mark?.heads ?? []) checker.resume(subject, verified);
  let last: StreamMessage | undefined;
  const missing = (to: number): void => {
    const next = (last?.seq ?? mark?.seq ?? 0) + 1;
    if (to > next) findings.push({ check: 'stream', stream, seq: next, what: to - next === 1 ? 'its message is gone' : `messages ${next} to ${to - 1} are gone` });
  };
  for await (const batch of drainStream(nc, stream, Math.max(firstSeq, (mark?.seq ?? 0) + 1), lastSeq, { signal })) {
    for (const message of batch) {
      missing(message.seq);
      last = message;
      checker.check(stream, message);
    }
    onProgress(checker.commits);
  }
  if (!signal.aborted) missing(lastSeq + 1);
  findings.unshift(...checker.findings);
  const { commits, events, aggregates } = checker;
  if (last && findings.length === 0) {
    await watermarks?.write({
      ws, stream, epoch, seq: last.seq, commits: before.commits + commits, events: before.events + events, boundary: hashOf(last.bytes), at: new Date().toISOString(), heads: new Map(checker.heads()),
    });
  }
  signal.throwIfAborted();
  return { stream, commits, events, aggregates, before, findings };
}

/** What is not as it was when the watermark was left: the stream's end, the commit there, and the ends of some aggregates. */
async function changesUnder(nc: NatsConnection, stream: string, mark: Watermark, lastSeq: number): Promise<Finding[]> {
  if (lastSeq < mark.seq) return [{ check: 'stream', stream, seq: lastSeq + 1, what: `it was verified up to ${mark.seq} at ${mark.at}, and ends at ${lastSeq} now: its tail is gone` }];
  const boundary = await leaderGet(nc, stream, { seq: mark.seq });
  if (!boundary) return [{ check: 'stream', stream, seq: mark.seq, what: 'its message is gone, which was verified before' }];
  if (hashOf(boundary.bytes) !== mark.boundary) return [{ ...placeOf(boundary.subject), check: 'chain', stream, seq: mark.seq, what: `its bytes are others than when it was verified at ${mark.at}` }];
  const spots = sample([...mark.heads], spotChecksMax);
  const changes = await Promise.all(spots.map(([subject, verified]) => changeOf(nc, stream, subject, verified)));
  return changes.filter((change) => change !== undefined);
}

async function changeOf(nc: NatsConnection, stream: string, subject: string, { link }: Verified): Promise<Finding | undefined> {
  const place = { ...placeOf(subject), stream, seq: link.seq };
  const message = await leaderGet(nc, stream, { seq: link.seq });
  if (!message) return { ...place, check: 'stream', what: 'its message is gone, which was verified before' };
  return message.subject === subject && hashOf(message.bytes) === link.prev ? undefined : { ...place, check: 'chain', what: 'its bytes are others than when it was verified' };
}

function placeOf(subject: string): Pick<Finding, 'kind' | 'id'> {
  return aggregateOfSubject(subject) ?? {};
}

/** Some of a list, each as likely as any other. */
function sample<T>(all: T[], count: number): T[] {
  for (let at = 0; at < Math.min(count, all.length); at += 1) {
    const other = at + Math.floor(Math.random() * (all.length - at));
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all.slice(0, count);
}
