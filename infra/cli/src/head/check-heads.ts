import type { NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { drainStream, type StreamMessage, streamState } from '@parley/kernel/event-store/read-stream';
import { CommitChecker } from '../verify/commit-checker.ts';
import type { Finding } from '../verify/finding.ts';
import { type Difference, nameDifferences, placeOf } from './differences.ts';
import { readHeads, readLeaves } from './head-files.ts';
import { readHistory } from './head-history.ts';
import { Frontier, gapLeaf, leafOf } from './merkle.ts';
import type { HeadKeys, SignedHead } from './signed-head.ts';

export type HeadsOptions = { readonly nc: NatsConnection; readonly ws: string; readonly folder: string; readonly keys: HeadKeys; readonly signal: AbortSignal; readonly onProgress?: (commits: number, stream: string) => void };

/** `fine` heads agree with the log; `unlike` do not; `otherEpoch` are of the stream before it was restored or made anew. */
export type StreamHeads = {
  readonly stream: string; readonly heads: number; readonly fine: number; readonly unlike: number; readonly otherEpoch: number;
  /** The last head that agrees: up to where and as of when the log is proven. */
  readonly proven?: { readonly seq: number; readonly at: string };
  /** The log's end now. */
  readonly lastSeq: number;
  readonly findings: readonly Finding[];
};

const differencesMax = 1_000;

/** Compares every stream with its heads. A head is believed if a given key signed it and it follows the one before. */
export async function checkHeads(options: HeadsOptions): Promise<StreamHeads[]> {
  const streams: StreamHeads[] = [];
  for (const stream of streamNames) {
    options.signal.throwIfAborted();
    streams.push(await checkStreamHeads(options, stream));
  }
  return streams;
}

async function checkStreamHeads(options: HeadsOptions, stream: string): Promise<StreamHeads> {
  const { nc, ws, folder, keys } = options;
  const history = await readHistory(readHeads(folder, stream), ws, stream, keys);
  const { epoch, lastSeq } = await streamState(nc, stream);
  const current = history.heads.filter(({ head }) => head.epoch === epoch);
  const findings = [...history.findings];
  const stale = history.heads.at(-1);
  if (stale && stale.head.epoch !== epoch) findings.push({ check: 'head', stream, what: `the last head (of ${stale.head.at}) is of epoch ${stale.head.epoch}, the stream is of ${epoch}: it was restored or made anew, and nothing signed it since` });
  const compared = current.length === 0 ? { fine: 0, unlike: 0, findings: [] } : await compare(options, stream, current.toSorted((a, b) => a.head.seq - b.head.seq), lastSeq);
  return {
    stream, heads: history.lines, fine: compared.fine, unlike: compared.unlike, otherEpoch: history.heads.length - current.length, lastSeq,
    ...(compared.proven && { proven: { seq: compared.proven.head.seq, at: compared.proven.head.at } }), findings: [...findings, ...compared.findings],
  };
}

type Compared = { readonly fine: number; readonly unlike: number; readonly proven?: SignedHead | undefined; readonly findings: readonly Finding[] };

/** Reads the stream once, and beside it the leaves that were kept: they are as good as the heads whose roots they give. */
async function compare(options: HeadsOptions, stream: string, heads: readonly SignedHead[], lastSeq: number): Promise<Compared> {
  const pass = new Comparison(stream, heads);
  const { folder, nc, signal, onProgress } = options;
  const kept = readLeaves(folder, stream, heads[0]?.head.epoch ?? '');
  const nextKept = async (): Promise<Buffer | undefined> => {
    const next = await kept.next();
    return next.done ? undefined : next.value;
  };
  const end = Math.min(lastSeq, heads.at(-1)?.head.seq ?? 0);
  for await (const batch of drainStream(nc, stream, 1, end, { signal })) {
    for (const message of batch) {
      while (pass.seq + 1 < message.seq) pass.take(undefined, await nextKept());
      pass.take(message, await nextKept());
    }
    onProgress?.(pass.seq, stream);
  }
  signal.throwIfAborted();
  while (pass.seq < end) pass.take(undefined, await nextKept());
  await kept.return(undefined);
  const beyond = heads.filter(({ head }) => head.seq > lastSeq);
  const cut = beyond.at(-1);
  const findings: Finding[] = cut ? [{ check: 'head', stream, seq: lastSeq + 1, what: `the tail is cut at seq ${lastSeq + 1}: the head of ${cut.head.at} covers up to ${cut.head.seq}` }] : [];
  const named = pass.needsChain ? await chainFindings(options, stream, pass) : pass.named();
  return { fine: pass.fine, unlike: pass.unlike + beyond.length, proven: pass.proven, findings: [...named, ...findings] };
}

class Comparison {
  readonly #stream: string;
  readonly #heads: readonly SignedHead[];
  readonly #log = new Frontier();
  readonly #kept = new Frontier();
  #nextHead = 0;
  #hasKept = true;
  readonly differences: Difference[] = [];
  proven: SignedHead | undefined;
  firstBad: SignedHead | undefined;
  /** The leaves that were kept give the root of the first head that the log does not. */
  isLocated = false;
  fine = 0;
  unlike = 0;

  constructor(stream: string, heads: readonly SignedHead[]) {
    this.#stream = stream;
    this.#heads = heads;
  }

  get seq(): number {
    return this.#log.size;
  }
  /** Only the commits' own chain can tell where. */
  get needsChain(): boolean {
    return this.firstBad !== undefined && !this.isLocated;
  }

  take(message: StreamMessage | undefined, kept: Buffer | undefined): void {
    const leaf = message ? leafOf(message.subject, message.bytes) : gapLeaf;
    this.#log.append(leaf);
    this.#hasKept &&= kept !== undefined;
    if (kept) this.#kept.append(Buffer.from(kept));
    if (kept && !leaf.equals(kept) && this.differences.length < differencesMax) this.differences.push({ seq: this.seq, is: leaf, was: Buffer.from(kept), message });
    for (let next = this.#heads[this.#nextHead]; next && next.head.seq === this.seq; next = this.#heads[this.#nextHead]) {
      this.#nextHead += 1;
      this.#judge(next);
    }
  }

  #judge(signed: SignedHead): void {
    if (this.#log.root().toString('base64url') === signed.head.root) {
      this.fine += 1;
      this.proven = signed;
      return;
    }
    this.unlike += 1;
    if (this.firstBad) return;
    this.firstBad = signed;
    this.isLocated = this.#hasKept && this.#kept.root().toString('base64url') === signed.head.root;
  }

  named(): Finding[] {
    const bad = this.firstBad;
    return bad ? nameDifferences(this.#stream, this.differences.filter(({ seq }) => seq <= bad.head.seq)) : [];
  }
}

/** Without leaves that can be believed, what the chain of each aggregate says between the last good head and the first bad one. */
async function chainFindings({ nc, ws, signal }: HeadsOptions, stream: string, { proven, firstBad }: Comparison): Promise<Finding[]> {
  const [from, to] = [proven?.head.seq ?? 0, firstBad?.head.seq ?? 0];
  const where = `between seq ${from + 1} and ${to}: up to ${from === 0 ? 'nothing' : `${from} (head of ${proven?.head.at})`} the log is as it was signed, up to ${to} (head of ${firstBad?.head.at}) it is not`;
  const checker = new CommitChecker(ws);
  let first: StreamMessage | undefined;
  for await (const batch of drainStream(nc, stream, 1, to, { signal })) {
    for (const message of batch) {
      checker.check(stream, message);
      if (message.seq > from) first ??= message;
    }
  }
  const [chain] = checker.findings.filter(({ seq }) => seq === undefined || seq > from);
  if (chain) return [{ ...chain, check: 'head', what: `something was changed ${where}; the first commit that does not fit its chain: ${chain.what}` }];
  return [{ check: 'head', stream, seq: from + 1, ...(to === from + 1 && first && placeOf(first)), what: to === from + 1 ? `byte changed in ${stream} seq ${to}: it is not what was signed at ${firstBad?.head.at}` : `something was changed ${where}; every chain fits, so it was the last commit of an aggregate, or chains were written anew` }];
}
