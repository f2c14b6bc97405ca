import { parseArgs } from 'node:util';
import { Constellation } from '../harness/constellation.ts';
import { writers, writeThenRead, withoutLimits, type Pairs } from './load/write-then-read.ts';
import { conditions, quantiles, report, row } from './measure.ts';

const { values } = parseArgs({ strict: false, options: { pairs: { type: 'string' }, writers: { type: 'string' } } });
const PAIRS = Number(values['pairs'] ?? 100_000);
const WRITERS = Number(values['writers'] ?? 8);
const ROUNDS = 5;

async function main(): Promise<void> {
  const chat = await Constellation.start({ env: withoutLimits });
  try {
    const all = await writers(chat, WRITERS);
    await writeThenRead(chat, all, 500, true);
    const [ours, peer]: [Pairs[], Pairs[]] = [[], []];
    // The same questions without `after` are the peer: what waiting for one's own writes costs.
    for (let round = 0; round < ROUNDS; round += 1) {
      peer.push(await writeThenRead(chat, all, Math.ceil(PAIRS / ROUNDS / 4), false));
      ours.push(await writeThenRead(chat, all, Math.ceil(PAIRS / ROUNDS), true));
    }
    const sum = (of: readonly Pairs[], what: 'pairs' | 'lied' | 'late') => of.reduce((total, each) => total + each[what], 0);
    const stalePercent = ({ lied, pairs }: Pairs): number => (100 * lied) / pairs;
    report({
      name: 'read-your-writes',
      measured: `a post, its acknowledgement, then one of four questions over HTTP with after=<cursor>; ${WRITERS} writers, each waiting for its answers`,
      conditions: conditions(),
      rows: [
        row({ case: 'time to answer, p50', unit: 'ms', ours: ours.map(({ readMs }) => quantiles(readMs).p50), peer: peer.map(({ readMs }) => quantiles(readMs).p50), peerName: 'the same without after', better: 'lower', goal: 3, extra: { oursMs: quantiles(ours.flatMap(({ readMs }) => readMs)), withoutMs: quantiles(peer.flatMap(({ readMs }) => readMs)), pairsPerSecond: ours.map(({ pairs, seconds }) => Math.round(pairs / seconds)), stalePercentWithoutAfter: peer.map(stalePercent) } }),
      ],
      checks: [
        { check: 'no answer to a question with after lacked the write', ok: sum(ours, 'lied') === 0, detail: `${sum(ours, 'lied')} of ${sum(ours, 'pairs')}` },
        { check: 'no answer to a question with after was late', ok: sum(ours, 'late') === 0, detail: `${sum(ours, 'late')} of ${sum(ours, 'pairs')}` },
        { check: 'without after some answers lack it, so the questions can tell', ok: sum(peer, 'lied') > 0, detail: `${sum(peer, 'lied')} of ${sum(peer, 'pairs')}: ${((100 * sum(peer, 'lied')) / sum(peer, 'pairs')).toFixed(1)} %` },
      ],
    });
  } finally {
    await chat.stop();
  }
}

await main();
