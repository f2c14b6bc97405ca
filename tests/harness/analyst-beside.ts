import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { until } from '@parley/dev/until';
import type { Constellation } from './constellation.ts';
import { accepted, newRoom, person, type Person } from './people.ts';

export type TalkingRoom = { readonly roomId: string; readonly people: readonly Person[] };

/** Queries that no analyst should ask: a product of everything with everything, and a sort that does not fit. */
export const terribleQueries: readonly string[] = [
  'select count(*) from messages a, messages b, messages c where a.author <> b.author and b.at < c.at',
  'select count(*) from (select md5(i::text) as x from generate_series(1, 20000000) i order by 1) t',
];

/** Six rooms of five people each, all of them connected. */
export async function talkingRooms(chat: Constellation): Promise<TalkingRoom[]> {
  const rooms: TalkingRoom[] = [];
  for (let index = 0; index < 6; index += 1) {
    const people: Person[] = [];
    for (let member = 0; member < 5; member += 1) people.push(await person(chat, `talker-${index}-${member}`, { keep: 'events' }));
    const roomId = await newRoom(people[0]!);
    for (const member of people.slice(1)) await accepted(member.socket.send({ type: 'join-room', roomId }));
    rooms.push({ roomId, people });
  }
  return rooms;
}

/** Makes a role of an analyst; returns the address to ask as that one. */
export async function analystUrl(chat: Constellation): Promise<string> {
  const sql = postgres(chat.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
  await sql`select ops.create_analyst('ada', 'secret-of-ada')`;
  await sql.end();
  const url = new URL(chat.servers.postgres.databaseUrl);
  Object.assign(url, { username: 'ada', password: 'secret-of-ada' });
  return url.href;
}

/** Posts at a steady rate; returns milliseconds from each intended moment to each of the others' sockets. Throws if one never came. */
export async function talk(rooms: readonly TalkingRoom[], perSecond: number, seconds: number): Promise<number[]> {
  const ms: number[] = [];
  const stops = rooms.flatMap(({ people }) => people.map(({ socket, userId }) => {
    let taken = socket.seen.length;
    return socket.onFrame(() => {
      for (; taken < socket.seen.length; taken += 1) {
        const { event } = socket.seen[taken]!;
        const time = event.type === 'message.posted' && event.by !== userId ? /^t=([\d.]+);/.exec(String(event.content?.['text']))?.[1] : undefined;
        if (time !== undefined) ms.push(performance.now() - Number(time));
      }
    });
  }));
  const total = perSecond * seconds;
  const begun = performance.now();
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < total; index += 1) {
    const due = begun + (index / perSecond) * 1_000;
    if (due > performance.now()) await pause(due - performance.now());
    const { roomId, people } = rooms[index % rooms.length]!;
    answers.push(accepted(people[Math.floor(index / rooms.length) % people.length]!.socket.send({ type: 'post-message', roomId, text: `t=${due.toFixed(2)};` })));
  }
  await Promise.all(answers);
  const expected = total * (rooms[0]!.people.length - 1);
  await until('the last deliveries', () => ms.length >= expected, { timeoutMs: 20_000 });
  for (const stop of stops) stop();
  if (ms.length !== expected) throw new Error(`${ms.length} deliveries instead of ${expected}`);
  return ms;
}

/** Runs `work` while an analyst's query is at work, which is cancelled then. */
export async function besideQuery<T>(url: string, query: string, work: () => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false });
  // The timeout that the session begins with is not what protects the chat here.
  await sql`set statement_timeout = 0`;
  const asked = sql.unsafe(query);
  const ended = asked.then(() => 'finished', () => 'ended');
  try {
    return await work();
  } finally {
    asked.cancel();
    await ended;
    await sql.end({ timeout: 1 });
  }
}
