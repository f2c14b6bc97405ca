import { Constellation } from '../harness/constellation.ts';
import { memoryOf } from '../harness/memory.ts';
import { gather, hellos } from './load/chat-under-load.ts';
import { startHelper } from './load/child.ts';
import { conditions, effort, report, row } from './measure.ts';

const WARM = 1_000;
const SOCKETS = 5_000;
const ROOMS = 10;
const { rounds: ROUNDS } = effort({ rounds: 3, seconds: 0 });

let everybodyIn = true;

async function settledMemory(pid: number): Promise<number> {
  let last = memoryOf(pid);
  for (let quiet = 0; quiet < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    const now = memoryOf(pid);
    quiet = Math.abs(now - last) < 256 * 1_024 ? quiet + 1 : 0;
    last = now;
  }
  return last;
}

type Opened = { readonly sockets: number; readonly welcomed: number; readonly closed: readonly number[] };

/** Opens `WARM` sockets, then the rest, and takes the growth of those: what a process pays once is not per socket. */
async function perSocket(pid: number, url: string, all: readonly (string | null)[], subprotocol?: string): Promise<number> {
  const clients = await startHelper('./clients.ts');
  try {
    await clients.ask({ do: 'open', url, subprotocol, hellos: all.slice(0, WARM) });
    const before = await settledMemory(pid);
    const opened = await clients.ask<Opened>({ do: 'open', url, subprotocol, hellos: all.slice(WARM) });
    const after = await settledMemory(pid);
    await clients.ask({ do: 'close' });
    everybodyIn &&= opened.welcomed === all.length && opened.closed.length === 0;
    return (after - before) / (all.length - WARM);
  } finally {
    clients.stop();
  }
}

async function main(): Promise<void> {
  const [ours, peer]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const chat = await Constellation.start({ env: { gateway: { SOCKETS_PER_ADDRESS_MAX: '20000' } } });
    try {
      const crowd = await gather(chat, SOCKETS / 20, ROOMS);
      ours.push(await perSocket(chat.service('gateway').pid, `${chat.url()}/v1/ws`, hellos(crowd, SOCKETS), 'parley.v1'));
    } finally {
      await chat.stop();
    }
    const bare = await startHelper('../peers/bare-ws-server.ts');
    try {
      peer.push(await perSocket(bare.pid, `http://127.0.0.1:${String(bare.ready['port'])}/`, Array.from({ length: SOCKETS }, () => null)));
    } finally {
      bare.stop();
    }
  }
  report({
    name: 'memory', measured: `resident bytes per idle socket, signed in and in ${ROOMS} rooms, growth from ${WARM} to ${SOCKETS} sockets`, conditions: conditions(),
    rows: [row({ case: `${SOCKETS} idle sockets`, unit: 'bytes per socket', ours, peer, peerName: 'bare ws', better: 'lower', goal: 1.4 })],
    checks: [{ check: 'every socket was welcomed and stayed', ok: everybodyIn }, { check: 'memory grew', ok: [...ours, ...peer].every((bytes) => bytes > 0) }],
  });
}

await main();
