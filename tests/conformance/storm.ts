import { expect } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { streamOf } from '@parley/contracts/wire/partition';
import { until } from '@parley/dev/until';
import { type EventLog, LogUnavailable } from '@parley/kernel/event-store/event-log';
import { type Audit, audit, bench, newId, newRoom, persist } from './toy.ts';

/** A connection that notices a silent server within seconds, so that tests of paused servers are short. */
export const connectImpatiently = (servers: readonly string[]): Promise<NatsConnection> =>
  connect({ servers: [...servers], maxReconnectAttempts: -1, reconnectTimeWait: 100, timeout: 1_000, pingInterval: 1_000, maxPingOut: 2, noAsyncTraces: true });

/** Three rooms that lie in one stream, so that one leader holds them all. */
export function roomsInOneStream(): { readonly stream: string; readonly rooms: readonly [AggregateRef, AggregateRef, AggregateRef] } {
  const first = newRoom();
  const stream = streamOf(first);
  const another = (): AggregateRef => {
    for (;;) {
      const room = newRoom();
      if (streamOf(room) === stream) return room;
    }
  };
  return { stream, rooms: [first, another(), another()] };
}

export type Storm = {
  /** Commands altogether. */
  readonly commands: number;
  /** Most commands that wait for an answer at one time. */
  readonly underWayMax: number;
  /** Answers so far. */
  readonly answered: () => number;
  /** Waits for all answers, then holds them against the log: each once, where it was said to be, nothing else. */
  readonly proven: () => Promise<void>;
};

/** Commands of one room that wait for an answer at one time. */
const lanes = 8;

/** Two engines write to each room, `perRoom` commands altogether and a few at a time, each repeated until its answer is final. */
export function storm(logs: readonly [EventLog, EventLog], rooms: readonly AggregateRef[], perRoom: number): Storm {
  let answered = 0;
  const writing = rooms.map(async (room) => {
    const engines = [bench(logs[0], { room }), bench(logs[1], { room })] as const;
    const replies = new Map<string, CommandReply>();
    const write = async (lane: number): Promise<void> => {
      const { send } = engines[lane % 2 === 0 ? 0 : 1];
      for (let sent = lane; sent < perRoom; sent += lanes) {
        const id = newId();
        replies.set(id, await persist(() => send({ do: 'add' }, { id, deadline: Date.now() + 9_000 }), 90_000));
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => write(lane)));
    return { room, replies };
  });
  return {
    commands: rooms.length * perRoom,
    underWayMax: rooms.length * lanes,
    answered: () => answered,
    async proven() {
      for (const { room, replies } of await Promise.all(writing)) {
        const { events, state } = await auditOnceReadable(logs[0], room);
        for (const [id, reply] of replies) {
          if (!reply.ok) throw new Error(`${id}: ${reply.problem.code}`);
          expect(events.filter(({ commandId }) => commandId === id)).toMatchObject([{ n: reply.n, seq: reply.position.seq }]);
        }
        expect(events).toHaveLength(perRoom);
        expect(state.count).toBe(perRoom);
      }
    },
  };
}

/** The audit, as soon as the cluster answers: a server that was paused may still say that it is unavailable. */
async function auditOnceReadable(log: EventLog, room: AggregateRef): Promise<Audit> {
  const found: Audit[] = [];
  const problems: unknown[] = [];
  await until('the log to be readable', async () => {
    try {
      found.push(await audit(log, room));
    } catch (error) {
      if (error instanceof LogUnavailable) return false;
      problems.push(error);
    }
    return true;
  });
  if (problems.length > 0) throw problems[0];
  return found[0]!;
}

/** Name of the server that leads a stream, or undefined while there is none. */
export async function leaderOf(nc: NatsConnection, stream: string): Promise<string | undefined> {
  const { cluster } = await (await jetstreamManager(nc, { checkAPI: false })).streams.info(stream);
  return cluster?.leader;
}
