import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Constellation } from '../../harness/constellation.ts';
import { accepted, join, newRoom, person, type Person } from '../../harness/people.ts';

export type Pairs = {
  readonly pairs: number;
  /** Answers that lacked the write and did not say that they were old: never allowed with `after`. */
  readonly lied: number;
  /** Answers that said they were old, or that what was asked for is not there yet. */
  readonly late: number;
  /** From the sending of the question to its answer, milliseconds. */
  readonly readMs: readonly number[];
  /** From the sending of the command to the answer of the question. */
  readonly pairMs: readonly number[];
  readonly seconds: number;
};

type Writer = { readonly who: Person; readonly roomId: string };
type Answer = { readonly status: number; readonly body: any };

/** Signs in `count` writers, most with a room of their own, every fourth in one that all of these share. */
export async function writers(chat: Constellation, count: number, name = 'writer'): Promise<Writer[]> {
  const people = await Promise.all(Array.from({ length: count }, (_, index) => person(chat, `${name}-${index}`, { keep: 'numbers' })));
  const shared = await newRoom(people[0]!);
  return Promise.all(people.map(async (who, index): Promise<Writer> => {
    if (index % 4 !== 0) return { who, roomId: await newRoom(who) };
    if (index > 0) await join(who, shared);
    return { who, roomId: shared };
  }));
}

/**
 * `pairs` times a message is posted and, once acknowledged, asked for by one of four questions; each writer waits for
 * its answer before the next pair. With `after` the question carries the acknowledgement's cursor.
 */
export async function writeThenRead(chat: Constellation, all: readonly Writer[], pairs: number, after: boolean): Promise<Pairs> {
  const agent = new Agent({ keepAlive: true, maxSockets: all.length });
  const counts = { lied: 0, late: 0 };
  const [readMs, pairMs]: [number[], number[]] = [[], []];
  let taken = 0;
  const begun = performance.now();
  await Promise.all(all.map(async ({ who, roomId }) => {
    while (taken < pairs) {
      const index = taken;
      taken += 1;
      const messageId = uuidv7();
      const text = `pair ${index}`;
      const wroteAt = performance.now();
      const ack = await accepted(who.socket.send({ type: 'post-message', roomId, text }, messageId));
      const question = questions[index % questions.length]!;
      const askedAt = performance.now();
      const answer = await ask(agent, `${chat.url()}${question.path(roomId, messageId)}${after ? `${question.path('', '').includes('?') ? '&' : '?'}after=${ack.cursor}` : ''}`, who.token);
      const now = performance.now();
      readMs.push(now - askedAt);
      pairMs.push(now - wroteAt);
      if (answer.status === 503 || answer.body?.stale === true) counts.late += 1;
      else if (!question.has(answer, { roomId, messageId, text, n: ack.n })) counts.lied += 1;
    }
  }));
  agent.destroy();
  return { pairs, ...counts, readMs, pairMs, seconds: (performance.now() - begun) / 1_000 };
}

type Written = { readonly roomId: string; readonly messageId: string; readonly text: string; readonly n: number };
type Question = { readonly path: (roomId: string, messageId: string) => string; readonly has: (answer: Answer, written: Written) => boolean };

const questions: readonly Question[] = [
  { path: (roomId) => `/v1/rooms/${roomId}/messages?limit=20`, has: ({ body }, { messageId, text }) => body?.data?.messages?.some((message: any) => message.messageId === messageId && message.text === text) },
  { path: (roomId, messageId) => `/v1/rooms/${roomId}/messages/${messageId}`, has: ({ body }, { text }) => body?.data?.message?.text === text },
  { path: (roomId) => `/v1/rooms/${roomId}`, has: ({ body }, { n }) => body?.data?.n >= n },
  { path: () => '/v1/me/rooms', has: ({ body }, { roomId, n }) => body?.data?.rooms?.some((room: any) => room.roomId === roomId && room.n >= n) },
];

async function ask(agent: Agent, url: string, token: string): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await askOnce(agent, url, token);
    if (answer.status !== 429 || attempt > 100) return answer;
    await pause(50);
  }
}

function askOnce(agent: Agent, url: string, token: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }));
    }).on('error', reject);
  });
}

/** What gateways must allow for writers that do nothing else. */
export const withoutLimits = { gateway: { FRAMES_PER_SECOND_MAX: '100000', FRAMES_BURST_MAX: '100000', REQUESTS_PER_SECOND_MAX: '100000' } } as const;
