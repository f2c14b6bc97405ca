import { aggregateOfSubject } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';
import type { Finding } from '../verify/finding.ts';
import { gapLeaf } from './merkle.ts';

/** A sequence whose message is not the one that was signed: leaf of what is there now, leaf of what was there. */
export type Difference = { readonly seq: number; readonly is: Buffer; readonly was: Buffer; readonly message: StreamMessage | undefined };

const namedMax = 20;

/** Says of each difference what was done: swapped, taken out, put in, moved, or changed. At most 20 are told. */
export function nameDifferences(stream: string, differences: readonly Difference[]): Finding[] {
  const nowAt = new Map(differences.map((each) => [each.is.toString('base64url'), each.seq]));
  const wasAt = new Map(differences.map((each) => [each.was.toString('base64url'), each.seq]));
  const findings: Finding[] = [];
  const told = new Set<number>();
  for (const each of differences) {
    if (told.has(each.seq) || findings.length === namedMax) continue;
    const [cameFrom, wentTo] = [wasAt.get(each.is.toString('base64url')), nowAt.get(each.was.toString('base64url'))];
    const place = { check: 'head', stream, seq: each.seq, ...(each.message && placeOf(each.message)) } as const;
    if (cameFrom !== undefined && cameFrom === wentTo) {
      told.add(cameFrom);
      findings.push({ ...place, what: `commits ${each.seq} and ${cameFrom} swapped` });
    } else if (each.is.equals(gapLeaf)) findings.push({ ...place, what: `the commit at seq ${each.seq} is gone` });
    else if (each.was.equals(gapLeaf)) findings.push({ ...place, what: `a commit was put in at seq ${each.seq}, where none was signed` });
    else if (cameFrom === each.seq + 1 && wentTo === undefined) {
      findings.push({ ...place, what: `the commit at seq ${each.seq} was taken out, and those behind it moved up` });
      break;
    } else if (wentTo === each.seq + 1 && cameFrom === undefined) {
      findings.push({ ...place, what: `a commit was put in at seq ${each.seq}, and those behind it moved down` });
      break;
    } else findings.push({ ...place, what: cameFrom === undefined ? `byte changed in ${stream} seq ${each.seq}` : `at seq ${each.seq} lies what was signed at seq ${cameFrom}` });
  }
  return findings;
}

/** Whose commit a message is and of which event, as far as its bytes still tell. */
export function placeOf({ subject, bytes }: Pick<StreamMessage, 'subject' | 'bytes'>): Pick<Finding, 'kind' | 'id' | 'n'> {
  const aggregate = aggregateOfSubject(subject);
  if (!aggregate) return {};
  try {
    return { ...aggregate, n: decodeCommit(bytes).n };
  } catch {
    return aggregate;
  }
}
