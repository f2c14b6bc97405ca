import type { Finding } from '../verify/finding.ts';
import type { HeadLine } from './head-files.ts';
import { hashOfHead, type HeadKeys, signatureFault, type SignedHead } from './signed-head.ts';

/** Heads of one stream that may be believed, in their order, and what is wrong with the others or with their order. */
export type History = { readonly heads: readonly SignedHead[]; readonly lines: number; readonly findings: readonly Finding[] };

const linesMax = 5_000_000;

/**
 * Reads a file of heads: each must be one, of this workspace and stream, signed by a known key, and follow the one
 * before it. A head that was played again, a second one that follows the same (a fork), and one whose predecessor is
 * missing are told apart.
 */
export async function readHistory(lines: AsyncIterable<HeadLine>, ws: string, stream: string, keys: HeadKeys): Promise<History> {
  const heads: SignedHead[] = [];
  const findings: Finding[] = [];
  const lineOf = new Map<string, number>();
  const followed = new Map<string, number>();
  let last: SignedHead | undefined;
  let count = 0;
  for await (const each of lines) {
    count = each.line;
    if (count > linesMax) {
      findings.push({ check: 'head', stream, what: `the file has more than ${linesMax} lines` });
      break;
    }
    const fault = 'fault' in each ? each.fault : (foreignFault(each.signed, ws, stream) ?? signatureFault(each.signed, keys));
    if ('fault' in each || fault !== undefined) {
      findings.push({ check: 'head', stream, what: `line ${each.line}: ${fault}` });
      continue;
    }
    const { signed, line } = each;
    const hash = hashOfHead(signed);
    const order = orderFault(signed, last, { again: lineOf.get(hash), fork: followed.get(signed.head.prev) });
    if (order !== undefined) findings.push({ check: 'head', stream, seq: signed.head.seq, what: `line ${line}: ${order}` });
    if (!followed.has(signed.head.prev)) followed.set(signed.head.prev, line);
    if (lineOf.has(hash)) continue;
    lineOf.set(hash, line);
    heads.push(signed);
    last = signed;
  }
  return { heads, lines: count, findings };
}

function foreignFault({ head }: SignedHead, ws: string, stream: string): string | undefined {
  if (head.ws !== ws) return `it is of the workspace ${head.ws}, not of ${ws}`;
  return head.stream === stream ? undefined : `it is of ${head.stream}, not of ${stream}`;
}

function orderFault({ head }: SignedHead, last: SignedHead | undefined, { again, fork }: { readonly again: number | undefined; readonly fork: number | undefined }): string | undefined {
  if (again !== undefined) return `an old head played again: it is that of line ${again}`;
  const expected = last ? hashOfHead(last) : '';
  if (head.prev !== expected) return fork === undefined ? (last ? 'the head before it is missing' : 'the history does not begin here: heads before it were taken away') : `a forked history: it follows the same head as line ${fork}`;
  if (!last) return undefined;
  if (head.epoch === last.head.epoch && head.seq <= last.head.seq) return `it covers up to ${head.seq}, the one before up to ${last.head.seq}`;
  return head.at < last.head.at ? `it was signed at ${head.at}, the one before at ${last.head.at}` : undefined;
}
