import type { NatsConnection } from '@nats-io/transport-node';
import { Constellation } from '../harness/constellation.ts';
import { cpuSecondsOfProcess } from '../harness/memory.ts';
import { connectTo, type Crowd, gather, hellos, offer } from './load/chat-under-load.ts';
import { startHelper, type Helper } from './load/child.ts';
import { type BenchResult, type BenchRow, conditions, effort, limit, progress, quantiles, report, row } from './measure.ts';
import { range } from './statistics.ts';

const SOCKETS = 1_000;
const PAYLOAD_BYTES = 120;
const { rounds: ROUNDS } = effort({ rounds: 5, seconds: 3 });
const DELAY_MS_MAX = 10;
const IDLE_MS = 5_000;
const CASES = [
  { name: '2,000 messages/s offered', perSecond: 2_000, seconds: 2, goal: 6, socketIoGoal: 4 },
  { name: '500 messages/s', perSecond: 500, seconds: 3, goal: 2, socketIoGoal: 4 },
  { name: 'one message per tick (20/s)', perSecond: 20, seconds: 5, goal: 1.1, socketIoGoal: undefined },
] as const;

type Report = { least: number; most: number; total: number; disorder: number; closed: number[]; latenciesMs: number[] };

/** Waits until every socket has `expected` messages; the report either way. */
async function drained(clients: Helper, expected: number): Promise<Report> {
  const end = performance.now() + 60_000;
  for (;;) {
    const seen = await clients.ask<Report>({ do: 'report' });
    if (seen.least >= expected || performance.now() > end) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Checks = BenchResult['checks'][number][];
type Side = { readonly clients: Helper; readonly server: Helper };

/** What a peer's loop delivers per CPU-second. The loops saturate long before 2,000 a second: they are offered what they can take, the cost per delivery is the same. */
async function peerRound({ clients, server }: Side, perSecond: number, seconds: number): Promise<{ perCpuSecond: number; ms: number[]; whole: boolean }> {
  await clients.ask({ do: 'start' });
  const cpu = cpuSecondsOfProcess(server.pid);
  const { sent } = await server.ask<{ sent: number }>({ do: 'offer', perSecond: Math.min(perSecond, 500), seconds: Math.min(seconds, 2), payloadBytes: PAYLOAD_BYTES + 180 });
  const seen = await drained(clients, sent);
  // Some of socket.io's writing comes after its call returned, so both are taken once everything has arrived.
  return { perCpuSecond: seen.total / (cpuSecondsOfProcess(server.pid) - cpu), ms: seen.latenciesMs, whole: seen.least === sent && seen.most === sent && seen.disorder === 0 };
}

async function oursRound(chat: Constellation, nc: NatsConnection, crowd: Crowd, clients: Helper, { perSecond, seconds }: { perSecond: number; seconds: number }) {
  await clients.ask({ do: 'start' });
  const { pid } = chat.service('gateway');
  const [cpu, readerCpu, begun] = [cpuSecondsOfProcess(pid), cpuSecondsOfProcess(clients.pid), performance.now()];
  const offered = await offer(nc, crowd, perSecond, seconds, PAYLOAD_BYTES);
  const seen = await drained(clients, offered.acked);
  const wallSeconds = (performance.now() - begun) / 1_000;
  return {
    perCpuSecond: seen.total / (cpuSecondsOfProcess(pid) - cpu), ms: seen.latenciesMs, gatewayShare: (cpuSecondsOfProcess(pid) - cpu) / wallSeconds, readerShare: (cpuSecondsOfProcess(clients.pid) - readerCpu) / wallSeconds,
    whole: seen.least === offered.acked && seen.most === offered.acked && seen.disorder === 0 && offered.acked === offered.total, detail: JSON.stringify({ ...seen, latenciesMs: undefined, acked: offered.acked }),
  };
}

/** Cores the gateway uses while nobody says anything: heartbeats, looking after streams, metrics. */
async function idle(pid: number): Promise<number> {
  const cpu = cpuSecondsOfProcess(pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return (cpuSecondsOfProcess(pid) - cpu) / (IDLE_MS / 1_000);
}

async function main(): Promise<void> {
  const chat = await Constellation.start({ env: { gateway: { GATEWAY_ROLE: 'both' } } });
  const helpers = await Promise.all([startHelper('./clients.ts'), startHelper('./clients.ts'), startHelper('./clients.ts'), startHelper('../peers/bare-ws-server.ts'), startHelper('../peers/socket-io-server.ts')]);
  const [clients, bareClients, ioClients, bareServer, ioServer] = helpers as [Helper, Helper, Helper, Helper, Helper];
  const [bare, io]: [Side, Side] = [{ clients: bareClients, server: bareServer }, { clients: ioClients, server: ioServer }];
  try {
    const crowd = await gather(chat, SOCKETS / 20, 1);
    const nc = await connectTo(chat);
    const nobody = Array.from({ length: SOCKETS }, () => null);
    await clients.ask({ do: 'open', url: `${chat.url()}/v1/ws`, subprotocol: 'parley.v1', hellos: hellos(crowd, SOCKETS) });
    await bareClients.ask({ do: 'open', url: `http://127.0.0.1:${String(bareServer.ready['port'])}/`, hellos: nobody });
    await ioClients.ask({ do: 'open', url: `http://127.0.0.1:${String(ioServer.ready['port'])}/socket.io/?EIO=4&transport=websocket&room=hall`, hellos: nobody });
    const idleCores = await idle(chat.service('gateway').pid);
    const checks: Checks = [];
    const rows: BenchRow[] = [];
    for (const { name, perSecond, seconds, goal, socketIoGoal } of CASES) {
      progress(`fanout: ${name}`);
      const [oursPerCpu, barePerCpu, ioPerCpu, p99s, gateway, readers]: [number[], number[], number[], number[], number[], number[]] = [[], [], [], [], [], []];
      const ms = { ours: [] as number[], bare: [] as number[], io: [] as number[] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        const own = await oursRound(chat, nc, crowd, clients, { perSecond, seconds });
        oursPerCpu.push(own.perCpuSecond);
        ms.ours.push(...own.ms);
        p99s.push(quantiles(own.ms).p99);
        gateway.push(own.gatewayShare);
        readers.push(own.readerShare);
        checks.push({ check: `${name}, round ${round}: every socket got every message once, in order`, ok: own.whole, ...(!own.whole && { detail: own.detail }) });
        for (const [side, perCpu, delays] of [[bare, barePerCpu, ms.bare], [io, ioPerCpu, ms.io]] as const) {
          const peer = await peerRound(side, perSecond, seconds);
          perCpu.push(peer.perCpuSecond);
          delays.push(...peer.ms);
          checks.push({ check: `${name}, round ${round}, peer: every socket got every message once, in order`, ok: peer.whole });
        }
      }
      const unit = 'deliveries per server CPU-second';
      const extra = { oursMs: quantiles(ms.ours), bareWsMs: quantiles(ms.bare), socketIoMs: quantiles(ms.io), gatewayCores: range(gateway).median, gatewayIdleCores: idleCores, readerCores: range(readers).median };
      rows.push(row({ case: name, unit, ours: oursPerCpu, peer: barePerCpu, peerName: 'bare ws send(Buffer)', better: 'higher', goal, extra }));
      rows.push(row({ case: `${name}, against socket.io`, unit, ours: oursPerCpu, peer: ioPerCpu, peerName: 'socket.io, one node, in memory', better: 'higher', ...(socketIoGoal && { goal: socketIoGoal }) }));
      if (perSecond === 500) rows.push(limit({ case: `${name}, sent to received, p99`, unit: 'ms', ours: p99s, better: 'lower', goal: DELAY_MS_MAX }));
    }
    await nc.close();
    report({ name: 'fanout', measured: `${SOCKETS} sockets in one room; CPU of the gateway process alone (reading the log, opening content, framing, sending) against CPU of a process that only sends; delays include the reading process, which parses no frame twice`, conditions: conditions(), rows, checks });
  } finally {
    for (const helper of helpers) helper.stop();
    await chat.stop();
  }
}

await main();
