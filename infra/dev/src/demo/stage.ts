import { ProblemError } from '@parley/client/problem-error';
import { actorOf, type Cast } from './cast.ts';
import { people, type PersonKey } from './people.ts';
import { demoRooms, type DemoRoom } from './rooms.ts';
import type { Line } from './script.ts';

/** Where a message lies, as commands that refer to it say it. */
export type Target = { readonly messageId: string; readonly n: number; readonly seq: number };

const HISTORY_MAX = 100;

/**
 * Makes the rooms of the demo, lets everybody in and has the conversations said, each line by its person.
 * May be repeated after an interruption: what exists stays, and each room goes on after the last line it has.
 */
export async function seedDemo(cast: Cast, note: (text: string) => void, signal: AbortSignal): Promise<void> {
  for (const [key, { status, emoji }] of Object.entries(people) as [PersonKey, (typeof people)[PersonKey]][]) {
    if (status !== '') await actorOf(cast, key).client.send({ type: 'set-user-status', text: status, emoji });
  }
  let said = 0;
  const total = demoRooms.reduce((sum, room) => sum + room.lines.length, 0);
  await Promise.all(
    demoRooms.map(async (room) => {
      const cursor = await openRoom(cast, room);
      const targets = await targetsOf(cast, room, cursor);
      said += targets.length;
      for (const line of room.lines.slice(targets.length)) {
        if (signal.aborted) return;
        targets.push(await say(cast, room.key, line, targets));
        for (const reaction of line.reactions) await react(cast, room.key, reaction, targets.at(-1));
        said += 1;
        note(`${said} of ${total} lines`);
      }
    }),
  );
}

async function openRoom(cast: Cast, room: DemoRoom): Promise<string | undefined> {
  const [owner, ...others] = room.members;
  if (owner === undefined) throw new Error(`${room.key} has no members.`);
  const host = actorOf(cast, owner).client;
  const { key: roomId, kind, name, topic } = room;
  let cursor = (await unlessDone(host.send({ type: 'create-room', roomId, kind, name, topic, history: 'all' })))?.cursor;
  for (const key of others) {
    const { client, userId } = actorOf(cast, key);
    if (kind === 'private') await unlessDone(host.send({ type: 'invite-member', roomId, userId }));
    cursor = (await unlessDone(client.send({ type: 'join-room', roomId })))?.cursor ?? cursor;
  }
  return cursor;
}

/** The answer, or undefined when an earlier start did the same already. */
async function unlessDone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProblemError && ['room-exists', 'already-member'].includes(error.problem.code)) return undefined;
    throw error;
  }
}

async function targetsOf(cast: Cast, room: DemoRoom, after: string | undefined): Promise<Target[]> {
  const [owner = 'maya'] = room.members;
  const { data } = await actorOf(cast, owner).client.queries.history({ roomId: room.key, limit: HISTORY_MAX, after });
  return data.messages.map(({ messageId, n, seq }) => ({ messageId, n, seq }));
}

/** Has one line said; resolves with where it lies. `targets` are those of the lines before it in its conversation. */
export async function say(cast: Cast, roomId: string, line: Line, targets: readonly Target[]): Promise<Target> {
  const replyTo = line.answers === undefined ? undefined : targets[line.answers];
  const ack = await actorOf(cast, line.by).client.send({ type: 'post-message', roomId, text: line.text, ...(replyTo === undefined ? {} : { replyTo }) });
  return { messageId: ack.id, n: ack.n, seq: ack.seq };
}

/** Has one reaction given. */
export async function react(cast: Cast, roomId: string, { emoji, by }: Line['reactions'][number], target: Target | undefined): Promise<void> {
  if (target !== undefined) await actorOf(cast, by).client.send({ type: 'react', roomId, target, emoji });
}
