import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { CommandRequest } from '@parley/contracts/wire/command-request';
import { partitionOf } from '@parley/contracts/wire/partition';
import { askSubject, commandSubject } from '@parley/contracts/wire/subjects';
import { type Nats, startNats } from '@parley/dev/servers/nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectNats, type NatsConnection } from '../nats/connect.ts';
import { withSpan } from '../telemetry/trace.ts';
import type { Member, MembersView } from './members-view.ts';
import { ownersOf } from './rendezvous.ts';
import { createCommandSender } from './send-command.ts';

const room: AggregateRef = { kind: 'room', id: 'lobby' };
const partition = partitionOf(room.id);
const reply = { ok: true, n: 7, events: 1, position: { stream: 'EVT_0', seq: 9, epoch: 'abcdefgh' }, at: '2026-01-01T00:00:00.000Z' } as const;
const within = (ms: number): CommandRequest => ({ id: '0190a3b0-0000-7000-8000-000000000000' as CommandRequest['id'], command: {}, caller: { userId: 'system', kind: 'system' }, deadline: Date.now() + ms });

let dir: string;
let nats: Nats;
let nc: NatsConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-pf-send-'));
  nats = await startNats({ dir });
  nc = await connectNats({ url: nats.url, name: 'send-spec' });
});
afterAll(async () => {
  await nc.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Members as the test says they are. */
function view(...instances: string[]): MembersView & { set(...next: string[]): void } {
  let members: Member[] = [];
  let wake = (): void => {};
  const set = (...next: string[]): void => {
    members = next.map((instance) => ({ instance, version: '0.1.0', weight: 1 }));
    wake();
  };
  set(...instances);
  return {
    set,
    members: () => members,
    oldestRelease: () => '0.1.0',
    changed: (ms) =>
      new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, ms);
      }),
  };
}

/** An instance that answers, or (without an answer) hears and stays silent. */
function instance(name: string, answer?: unknown): { heard: string[]; traceparents: (string | undefined)[]; [Symbol.dispose](): void } {
  const heard: string[] = [];
  const traceparents: (string | undefined)[] = [];
  const subscriptions = [commandSubject(name, partition), askSubject(name, partition)].map((subject) =>
    nc.subscribe(subject, {
      callback: (_, message) => {
        heard.push(message.string());
        traceparents.push(message.headers?.get('traceparent'));
        if (answer !== undefined) message.respond(JSON.stringify(answer));
      },
    }),
  );
  return { heard, traceparents, [Symbol.dispose]: () => subscriptions.forEach((each) => each.unsubscribe()) };
}
const [first, second] = ownersOf(partition, [{ instance: 'a', weight: 1 }, { instance: 'b', weight: 1 }]) as [string, string];

describe('sending a command', () => {
  test('goes to the owner, with the trace it belongs to', async () => {
    using owner = instance(first, reply);
    using other = instance(second, reply);
    await nc.flush();
    const sender = createCommandSender(nc, view('a', 'b'));
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(await withSpan('test', { parent }, () => sender.send(within(9_000), room))).toEqual(reply);
    expect(owner.traceparents).toEqual([parent]);
    expect(other.heard).toEqual([]);
  });

  test('goes to the next owner at once when nobody listens as the first', async () => {
    using other = instance(second, reply);
    await nc.flush();
    const since = performance.now();
    expect(await createCommandSender(nc, view('a', 'b')).send(within(9_000), room)).toEqual(reply);
    expect(performance.now() - since).toBeLessThan(500);
    expect(other.heard).toHaveLength(1);
  });

  test('goes to the next owner, under the same id, after silence', async () => {
    using zombie = instance(first);
    using other = instance(second, reply);
    await nc.flush();
    const request = within(9_000);
    expect(await createCommandSender(nc, view('a', 'b')).send(request, room, { silenceMs: 200 })).toEqual(reply);
    expect(zombie.heard).toEqual([JSON.stringify(request)]);
    expect(other.heard).toEqual(zombie.heard);
  });

  test('waits longer for readers, who commit rarely', async () => {
    const reader: AggregateRef = { kind: 'reader', id: room.id };
    using slow = instance(first);
    await nc.flush();
    expect(await createCommandSender(nc, view('a', 'b')).send(within(1_800), reader)).toMatchObject({ ok: false, problem: { code: 'timeout' } });
    expect(slow.heard).toHaveLength(1);
  });

  test('ends at its deadline with timeout when it was heard', async () => {
    using zombie = instance(first);
    await nc.flush();
    const since = performance.now();
    expect(await createCommandSender(nc, view(first)).send(within(1_000), room, { silenceMs: 100 })).toMatchObject({ ok: false, problem: { code: 'timeout' } });
    expect(performance.now() - since).toBeLessThan(1_300);
    // Each round waits twice as long as the one before: a slow instance is not buried.
    expect(zombie.heard.length).toBeLessThanOrEqual(4);
  });

  test('ends at its deadline with unavailable when there was nobody', async () => {
    expect(await createCommandSender(nc, view()).send(within(300), room)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
    expect(await createCommandSender(nc, view('dead')).send(within(300), room)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
  });

  test('waits for a first member', async () => {
    using late = instance('late', reply);
    await nc.flush();
    const members = view();
    const answer = createCommandSender(nc, members).send(within(9_000), room);
    members.set('late');
    expect(await answer).toEqual(reply);
    expect(late.heard).toHaveLength(1);
  });

  test('an answer that is none is told as such', async () => {
    using broken = instance('broken', 'nonsense');
    await nc.flush();
    expect(await createCommandSender(nc, view('broken')).send(within(300), room)).toMatchObject({ ok: false, problem: { code: 'internal' } });
    expect(broken.heard).toHaveLength(1);
  });

  test('a question travels the same way', async () => {
    using owner = instance('a', { ok: true, member: true, seq: 3 });
    await nc.flush();
    expect(await createCommandSender(nc, view('a')).ask({ ask: 'member', roomId: 'lobby', userId: 'u' }, 'lobby')).toEqual({ ok: true, member: true, seq: 3 });
    expect(owner.heard).toHaveLength(1);
  });

  test('a closed connection is told at once', async () => {
    const closed = await connectNats({ url: nats.url, name: 'closed' });
    await closed.close();
    expect(await createCommandSender(closed, view('a')).send(within(9_000), room)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
  });
});
