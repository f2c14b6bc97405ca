import type { Client } from '@parley/client/api';
import { createClient } from '@parley/client/client';
import { signIn } from '@parley/client/http';
import { ProblemError } from '@parley/client/problem-error';
import { archiveRoomId, type KeptDay } from './archive.ts';
import { pause } from './until.ts';

const SOCKETS_MAX = 24;
const KEEP_EVERY_LINES = 20;
const MINUTE_MS = 60_000;
const NAME_CHARACTERS_MAX = 40;

export type Replay = {
  readonly day: KeptDay;
  readonly gatewayUrl: string;
  /** How many times faster than then. */
  readonly speed: number;
  readonly complain: (line: string) => void;
};

/**
 * Says a day of an archive again, live: every person signs in under the old nick, joins and posts over a socket
 * (the 24 who spoke last stay connected). Goes on after the last line of an earlier start.
 */
export function replayDay({ day, gatewayUrl, speed, complain }: Replay): { stop(): Promise<void> } {
  const controller = new AbortController();
  const speakers = new Map<string, Client>();
  let said = day.done;
  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    const offset = day.lines[day.done]?.afterMinutes ?? 0;
    for (const [index, line] of day.lines.entries()) {
      if (index < day.done) continue;
      await pause(startedAt + ((line.afterMinutes - offset) * MINUTE_MS) / speed - performance.now(), controller.signal);
      if (controller.signal.aborted) return;
      try {
        const client = await speaker(speakers, gatewayUrl, line.nick);
        await client.send({ type: 'post-message', roomId: archiveRoomId, text: line.text });
      } catch (error) {
        complain(`${line.nick} could not say a line: ${error instanceof Error ? error.message : String(error)}`);
      }
      said = index + 1;
      if (said % KEEP_EVERY_LINES === 0) await day.keepDone(said);
    }
    await day.keepDone(said);
  };
  const running = run().catch((error: unknown) => {
    complain(`the replay ended: ${String(error)}`);
  });
  return {
    async stop() {
      controller.abort();
      await running;
      await day.keepDone(said);
      await Promise.all([...speakers.values()].map((client) => client.close()));
    },
  };
}

async function speaker(speakers: Map<string, Client>, url: string, nick: string): Promise<Client> {
  const name = nick.slice(0, NAME_CHARACTERS_MAX);
  const known = speakers.get(name);
  if (known !== undefined) {
    // Put last: the first of the map is the one who has been silent longest.
    speakers.delete(name);
    speakers.set(name, known);
    return known;
  }
  const { token } = await signIn(url, { name });
  const client = createClient({ url, token, name: 'replay' });
  client.connect();
  speakers.set(name, client);
  const [oldest] = speakers.keys();
  if (speakers.size > SOCKETS_MAX && oldest !== undefined) {
    const closing = speakers.get(oldest);
    speakers.delete(oldest);
    await closing?.close();
  }
  try {
    await client.send({ type: 'join-room', roomId: archiveRoomId });
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== 'already-member') throw error;
  }
  return client;
}
