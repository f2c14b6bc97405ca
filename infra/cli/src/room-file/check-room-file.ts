import { streamOf } from '@parley/contracts/wire/partition';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { CliError, exitCodes } from '../exit-codes.ts';
import { leafOf, rootFromPath } from '../head/merkle.ts';
import { type HeadKeys, signatureFault } from '../head/signed-head.ts';
import { CommitChecker } from '../verify/commit-checker.ts';
import type { Finding } from '../verify/finding.ts';
import { type Proof, readRoomFile, type RoomFileHead } from './room-file.ts';

export type RoomFileReport = {
  readonly ws: string; readonly room: string; readonly stream: string; readonly epoch: string; readonly exportedAt: string;
  readonly commits: number; readonly events: number; readonly texts: number; readonly keys: number;
  /** Up to which commit a head that can be believed covers the room. */
  readonly proven?: { readonly seq: number; readonly commits: number; readonly at: string; readonly kid: string };
  /** Why nothing is proven beyond the chain. */
  readonly unproven?: string;
  readonly findings: readonly Finding[];
};

/**
 * Checks a room's file without any server: chain, numbers and shapes of its commits, and, where it carries one, that a
 * head which a given key signed covers them. `onCommit` sees every commit in order. Throws CliError (1) for what is no such file.
 */
export async function checkRoomFile(file: string, headKeys: HeadKeys | undefined, onCommit: (seq: number, bytes: Buffer) => void | Promise<void> = () => {}): Promise<RoomFileReport> {
  let head: RoomFileHead | undefined;
  let checker: CommitChecker | undefined;
  let subject = '';
  let proof: Proof | undefined;
  const leaves = new Leaves();
  let [texts, keys] = [0, 0];
  for await (const line of readRoomFile(file)) {
    if ('parley' in line) {
      head = line;
      subject = subjectOf({ kind: 'room', id: head.room });
      checker = new CommitChecker(head.ws);
    } else if ('commit' in line && head && checker) {
      const { seq, at, bytes: text } = line.commit;
      const bytes = Buffer.from(text, 'base64');
      checker.check(head.stream, { seq, subject, bytes, storedAtMs: at });
      leaves.add(seq, leafOf(subject, bytes));
      await onCommit(seq, bytes);
    } else if ('text' in line) texts += 1;
    else if ('key' in line) keys += 1;
    else if ('proof' in line) proof = line.proof;
  }
  if (!head || !checker) throw new CliError(exitCodes.finding, `${file} is empty.`);
  const { commits, events } = checker;
  const findings = [...checker.findings, ...(streamOf({ kind: 'room', id: head.room }) === head.stream ? [] : [{ check: 'stream', what: `a room of this name lies in ${streamOf({ kind: 'room', id: head.room })}, not in ${head.stream}` } as const])];
  const judged = judge(head, proof, headKeys, leaves);
  const { ws, room, stream, epoch, exportedAt } = head;
  return { ws, room, stream, epoch, exportedAt, commits, events, texts, keys, ...judged.part, findings: [...findings, ...judged.findings] };
}

/** Leaves of the room's commits, by sequence: 32 bytes a commit. */
class Leaves {
  readonly #seqs: number[] = [];
  readonly #leaves: Buffer[] = [];
  add(seq: number, leaf: Buffer): void {
    this.#seqs.push(seq);
    this.#leaves.push(leaf);
  }
  /** The leaf of a sequence, and how many commits there are up to it. */
  find(seq: number): { readonly leaf: Buffer; readonly commits: number } | undefined {
    const at = this.#seqs.indexOf(seq);
    return at < 0 ? undefined : { leaf: this.#leaves[at] as Buffer, commits: at + 1 };
  }
}

type Judged = { readonly part: Pick<RoomFileReport, 'proven' | 'unproven'>; readonly findings: readonly Finding[] };

function judge({ ws, stream, epoch }: RoomFileHead, proof: Proof | undefined, headKeys: HeadKeys | undefined, leaves: Leaves): Judged {
  if (!proof) return { part: { unproven: 'the file carries no signed head' }, findings: [] };
  const { signed, seq, path } = proof;
  const wrong = (what: string): Judged => ({ part: {}, findings: [{ check: 'head', stream, seq, what }] });
  const { head, kid } = signed;
  if (head.ws !== ws || head.stream !== stream || head.epoch !== epoch) return wrong(`the head is of ${head.ws} ${head.stream} (epoch ${head.epoch}), the room of ${ws} ${stream} (epoch ${epoch})`);
  const covered = leaves.find(seq);
  if (!covered) return wrong(`the head covers a commit at seq ${seq} that the file does not have`);
  const root = rootFromPath(covered.leaf, seq - 1, head.seq, path.map((node) => Buffer.from(node, 'base64url')));
  if (root?.toString('base64url') !== head.root) return wrong(`the commit at seq ${seq} is not in what was signed at ${head.at}`);
  if (!headKeys) return { part: { unproven: `the commits fit the head of ${head.at}, whose signature was not looked at: give --keys` }, findings: [] };
  const fault = signatureFault(signed, headKeys);
  return fault === undefined ? { part: { proven: { seq, commits: covered.commits, at: head.at, kid } }, findings: [] } : wrong(fault);
}
