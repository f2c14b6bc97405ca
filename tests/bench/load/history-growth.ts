import { watchMembers } from '@parley/kernel/routing/members';
import { createCommandSender } from '@parley/kernel/routing/send-command';
import { v7 as uuidv7 } from 'uuid';
import { Constellation } from '../../harness/constellation.ts';
import { cpuSecondsOfFamily, cpuSecondsOfProcess } from '../../harness/memory.ts';
import { newRoom, person } from '../../harness/people.ts';
import { quantiles } from '../measure.ts';
import { connectTo } from './chat-under-load.ts';

const MESSAGES = 1_000;
const PAGE = 50;
const TEXT = 'Does anybody know whether the new kernel fixes the wireless card in this laptop?';
const READERS = 2;
/** Fewer lines than a command may have: together they stay below its bytes. */
const LINES = 50;

/** Pages from the middle of rooms with 1,000 messages × each scale, over HTTP from query-service by way of the gateway. */
export async function historyGrowth(scales: readonly number[], { rounds, seconds }: { readonly rounds: number; readonly seconds: number }) {
  const chat = await Constellation.start({ env: { gateway: { REQUESTS_PER_SECOND_MAX: '100000' } } });
  try {
    const reader = await person(chat, 'growth-reader', { keep: 'numbers' });
    const rooms = new Map<number, string>();
    for (const scale of scales) {
      const roomId = await newRoom(reader);
      await fill(chat, roomId, reader.userId, MESSAGES * scale);
      rooms.set(scale, roomId);
    }
    await chat.settled();
    const samples = new Map(scales.map((scale) => [scale, { cpuUs: [] as number[], p50Ms: [] as number[] }]));
    const checks = [];
    for (let round = 0; round <= rounds; round += 1) {
      for (const scale of scales) {
        const pages = await read(chat, reader.token, rooms.get(scale)!, MESSAGES * scale, seconds);
        if (round === 0) continue;
        samples.get(scale)?.cpuUs.push(pages.cpuUs);
        samples.get(scale)?.p50Ms.push(pages.p50Ms);
        checks.push({ check: `history ×${scale}, round ${round}: every page was whole`, ok: pages.whole });
      }
    }
    return { samples, checks };
  } finally {
    await chat.stop();
  }
}

/** Fills a room as an archive is imported. */
async function fill(chat: Constellation, roomId: string, author: string, count: number): Promise<void> {
  const nc = await connectTo(chat);
  try {
    const sender = createCommandSender(nc, await watchMembers(nc));
    for (let line = 0; line < count; line += LINES) {
      const lines = Array.from({ length: Math.min(LINES, count - line) }, (_, index) => ({ line: line + index, messageId: uuidv7(), author, sentAt: '2026-01-01T00:00:00.000Z', text: TEXT }));
      const reply = await sender.send({ id: uuidv7() as never, deadline: Date.now() + 9_000, caller: { userId: 'system', kind: 'system' } as never, command: { type: 'import-messages', roomId, source: 'growth', lines } }, { kind: 'room', id: roomId });
      if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
    }
  } finally {
    await nc.close();
  }
}

async function read(chat: Constellation, token: string, roomId: string, messages: number, seconds: number): Promise<{ cpuUs: number; p50Ms: number; whole: boolean }> {
  const cpu = () => cpuSecondsOfProcess(chat.service('query-service').pid) + cpuSecondsOfFamily(chat.servers.postgres.pid);
  const before = cpu();
  const latencies: number[] = [];
  let whole = true;
  const end = performance.now() + seconds * 1_000;
  await Promise.all(Array.from({ length: READERS }, async (_, readerIndex) => {
    for (let page = readerIndex; performance.now() < end; page += READERS) {
      const begun = performance.now();
      const n = Math.floor(messages / 2) + ((page * 7) % Math.floor(messages / 4));
      const answer = await fetch(`${chat.url()}/v1/rooms/${roomId}/messages?before=${n}&limit=${PAGE}`, { headers: { authorization: `Bearer ${token}` } });
      const body = (await answer.json()) as { data?: { messages?: unknown[] } };
      whole &&= body.data?.messages?.length === PAGE;
      latencies.push(performance.now() - begun);
    }
  }));
  return { cpuUs: ((cpu() - before) / latencies.length) * 1e6, p50Ms: quantiles(latencies).p50, whole };
}
