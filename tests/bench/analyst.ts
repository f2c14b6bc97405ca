import { analystUrl, besideQuery, talk, talkingRooms, terribleQueries } from '../harness/analyst-beside.ts';
import { Constellation } from '../harness/constellation.ts';
import { conditions, effort, progress, quantiles, report, row } from './measure.ts';

const PER_SECOND = 120;
const WARM_UP_SECONDS = 5;
const { rounds: ROUNDS, seconds: SECONDS } = effort({ rounds: 11, seconds: 6 });

/** Windows of talk alone and beside an analyst's terrible query, in turn, one kind of query after the other. */
async function main(): Promise<void> {
  const chat = await Constellation.start({ serversOptions: { sync: 'always' }, env: { projectors: { ANALYST_SECONDS_MAX: '600' } } });
  try {
    const rooms = await talkingRooms(chat);
    const url = await analystUrl(chat);
    const window = () => talk(rooms, PER_SECOND, SECONDS);
    await talk(rooms, PER_SECOND, WARM_UP_SECONDS);
    const alone: number[][] = [];
    const beside: number[][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      progress(`analyst: round ${round + 1} of ${ROUNDS}`);
      alone.push(await window());
      beside.push(await besideQuery(url, terribleQueries[round % terribleQueries.length]!, window));
    }
    const compared = (which: 'p50' | 'p99', goal?: number) => row({
      case: `${PER_SECOND} messages/s beside a terrible query, ${which}`, unit: 'ms', ours: beside.map((ms) => quantiles(ms)[which]), peer: alone.map((ms) => quantiles(ms)[which]), peerName: 'the same without a query', better: 'lower',
      ...(goal !== undefined && { goal, extra: { 'beside, all windows (ms)': quantiles(beside.flat()), 'without, all windows (ms)': quantiles(alone.flat()) } }),
    });
    report({
      name: 'analyst', conditions: conditions(), rows: [compared('p99', 1.2), compared('p50')],
      checks: [{ check: 'every message reached every other member of its room, in every window', ok: [...alone, ...beside].every((ms) => ms.length === PER_SECOND * SECONDS * (rooms[0]!.people.length - 1)) }],
      measured: `from the intended moment of sending to the other members’ sockets, 30 people in six rooms, windows of ${SECONDS} s in turn; the analyst asks for a product of all messages with all messages twice over, or sorts 20 million lines, with no time-out`,
    });
  } finally {
    await chat.stop();
  }
}

await main();
