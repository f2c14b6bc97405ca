import { actorOf, type Actor, type Cast } from './cast.ts';
import { demoRooms, type DemoRoom } from './rooms.ts';
import type { Line } from './script.ts';
import { react, say, type Target } from './stage.ts';
import { pause } from '../until.ts';

const BETWEEN_LINES_MS = 3_500;
const BETWEEN_LINES_MS_SPREAD = 4_500;
const TYPING_MS_PER_CHARACTER = 25;
const TYPING_MS_MAX = 2_500;
const AFTER_A_FAILURE_MS = 5_000;

/**
 * Lets the people of the demo go on talking at a gentle pace, about eight lines a minute over all rooms, each over
 * its own socket with typing before it and reading after it. `say` hears of what failed; it goes on with the next piece.
 */
export function startBots(cast: Cast, complain: (line: string) => void): { stop(): Promise<void> } {
  const controller = new AbortController();
  const { signal } = controller;
  const run = async (): Promise<void> => {
    // Where each room's pieces begin differs from start to start.
    const next = new Map(demoRooms.map((room) => [room.key, Math.floor(Math.random() * room.later.length)]));
    for (let turn = 0; !signal.aborted; turn += 1) {
      const room = demoRooms[(turn * 5) % demoRooms.length];
      if (room === undefined) return;
      const index = next.get(room.key) ?? 0;
      next.set(room.key, (index + 1) % room.later.length);
      try {
        await perform(cast, room, room.later[index] ?? [], signal);
      } catch (error) {
        complain(`a bot stumbled in ${room.name}: ${error instanceof Error ? error.message : String(error)}`);
        await pause(AFTER_A_FAILURE_MS, signal);
      }
    }
  };
  const running = run();
  return {
    async stop() {
      controller.abort();
      await running;
    },
  };
}

async function perform(cast: Cast, room: DemoRoom, piece: readonly Line[], signal: AbortSignal): Promise<void> {
  const targets: Target[] = [];
  for (const line of piece) {
    await pause(BETWEEN_LINES_MS + Math.random() * BETWEEN_LINES_MS_SPREAD, signal);
    if (signal.aborted) return;
    const author = actorOf(cast, line.by);
    author.client.setPresence('active');
    author.client.typing(room.key);
    await pause(Math.min(line.text.length * TYPING_MS_PER_CHARACTER, TYPING_MS_MAX), signal);
    if (signal.aborted) return;
    const target = await say(cast, room.key, line, targets);
    targets.push(target);
    readersOf(cast, room).forEach(({ client }) => {
      client.markRead(room.key, target.n);
    });
    for (const reaction of line.reactions) {
      await pause(400 + Math.random() * 800, signal);
      if (signal.aborted) return;
      await react(cast, room.key, reaction, target);
    }
  }
}

/** Half of a room's members look up when something is said. */
function readersOf(cast: Cast, room: DemoRoom): Actor[] {
  return room.members.filter(() => Math.random() < 0.5).map((key) => actorOf(cast, key));
}
