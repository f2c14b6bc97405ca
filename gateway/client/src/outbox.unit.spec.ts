import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { problem } from '@parley/contracts/problems/codes';
import type { ClientCommand } from './commands.ts';
import { memoryOutbox, Outbox, type OutboxOptions } from './outbox.ts';
import type { Ack, OutboxEntry } from './outbox-entry.ts';
import { createUuidV7 } from './uuidv7.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const post = (text: string, roomId = 'a'): ClientCommand => ({ type: 'post-message', roomId, text });
const ackOf = (id: string, n = 1): Ack => ({ id, n, events: 1, seq: n, at: '2026-01-01T00:00:00.000Z', cursor: '' });

/** An outbox at a socket that records what is handed to it. */
function make(options: Partial<OutboxOptions> = {}) {
  const sent: { id: string; command: ClientCommand }[] = [];
  const entries = new Map<string, OutboxEntry>();
  const store = options.store ?? memoryOutbox();
  const outbox = new Outbox({
    store, newId: createUuidV7(() => Date.now()), serverNow: () => Date.now(), random: () => 0.5,
    transmit: (id, command) => {
      sent.push({ id, command });
      return true;
    },
    findMessage: async () => undefined, isFolded: () => false,
    onPut: (entry) => entries.set(entry.key, entry),
    onRemoved: (key) => entries.delete(key),
    ...options,
  });
  return { outbox, sent, entries, store, texts: () => sent.map(({ command }) => (command as { text?: string }).text) };
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('one room keeps its order, rooms do not wait for one another', async () => {
  const { outbox, sent, texts } = make();
  outbox.connected();
  for (const [text, room] of [['1', 'a'], ['2', 'a'], ['x', 'b']] as const) outbox.add(post(text, room)).catch(() => {});
  await settle();
  expect(texts()).toEqual(['1', 'x']);
  outbox.acknowledged(ackOf(sent.at(0)!.id));
  expect(texts()).toEqual(['1', 'x', '2']);
});

test('what was written offline goes in its order once there is a connection, and again under the same id when that is lost', async () => {
  const { outbox, sent } = make();
  const first = outbox.add(post('1'));
  outbox.add(post('2')).catch(() => {});
  await settle();
  expect(sent).toEqual([]);
  outbox.connected();
  outbox.disconnected();
  outbox.connected();
  expect(sent.map(({ id }) => id)).toEqual([sent.at(0)!.id, sent.at(0)!.id]);
  outbox.acknowledged(ackOf(sent.at(0)!.id, 7));
  await expect(first).resolves.toMatchObject({ n: 7 });
});

test('a command is with the store before it is on the network, and a new program goes on with it', async () => {
  const store = memoryOutbox();
  const order: string[] = [];
  const slow = { ...store, put: async (record: Parameters<typeof store.put>[0]) => {
    await store.put(record);
    order.push('stored');
  } };
  const first = make({ store: slow, transmit: () => {
    order.push('sent');
    return true;
  } });
  first.outbox.connected();
  const answer = first.outbox.add(post('kept'));
  await settle();
  expect(order).toEqual(['stored', 'sent']);
  first.outbox.close();
  await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  const second = make({ store });
  second.outbox.connected();
  await settle();
  expect(second.texts()).toEqual(['kept']);
  expect(second.sent.at(0)!.id).toBe([...first.entries.keys()][0]);
  second.outbox.acknowledged(ackOf(second.sent.at(0)!.id));
  await settle();
  expect(await store.load()).toEqual([]);
});

test('a store that fails does not stop the sending', async () => {
  const { outbox, texts } = make({ store: { load: () => Promise.reject(new Error('gone')), put: () => Promise.reject(new Error('full')), delete: () => Promise.reject(new Error('gone')) } });
  outbox.connected();
  outbox.add(post('1')).catch(() => {});
  await settle();
  expect(texts()).toEqual(['1']);
});

describe('a refusal', () => {
  test('for now is repeated under the same id, after the wait that was asked for, ahead of what follows', async () => {
    const { outbox, sent } = make();
    outbox.connected();
    outbox.add(post('1')).catch(() => {});
    outbox.add(post('2')).catch(() => {});
    await settle();
    outbox.refused(sent.at(0)!.id, problem('overloaded', { retryAfterMs: 3_000 }));
    await vi.advanceTimersByTimeAsync(2_900);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.map(({ id }) => id)).toEqual([sent.at(0)!.id, sent.at(0)!.id]);
  });

  test('for good stays until somebody decides; the room goes on', async () => {
    const { outbox, sent, entries, texts } = make();
    outbox.connected();
    const first = outbox.add(post('1'));
    outbox.add(post('2')).catch(() => {});
    await settle();
    const { id } = sent.at(0)!;
    outbox.refused(id, problem('room-archived'));
    await expect(first).rejects.toMatchObject({ code: 'room-archived' });
    expect(entries.get(id)).toMatchObject({ state: 'failed', problem: { code: 'room-archived' } });
    expect(texts()).toEqual(['1', '2']);
    outbox.acknowledged(ackOf(sent.at(1)!.id));
    const again = outbox.retry(id);
    await settle();
    expect(sent[2]).toEqual({ id, command: post('1') });
    outbox.acknowledged(ackOf(id, 9));
    await expect(again).resolves.toMatchObject({ n: 9 });
  });

  test('of a text can be mended: another text is another command', async () => {
    const { outbox, sent, entries } = make();
    outbox.connected();
    outbox.add(post('too long')).catch(() => {});
    await settle();
    outbox.refused(sent.at(0)!.id, problem('invalid'));
    outbox.edit(sent.at(0)!.id, 'short').catch(() => {});
    await settle();
    expect(sent.at(1)!.command).toEqual(post('short'));
    expect(sent.at(1)!.id).not.toBe(sent.at(0)!.id);
    expect(entries.size).toBe(1);
  });

  test('is kept over a restart, and gone when it is discarded', async () => {
    const store = memoryOutbox();
    const first = make({ store });
    first.outbox.connected();
    first.outbox.add(post('1')).catch(() => {});
    await settle();
    first.outbox.refused(first.sent.at(0)!.id, problem('forbidden'));
    await settle();
    const second = make({ store });
    second.outbox.connected();
    await settle();
    expect(second.sent).toEqual([]);
    const key = [...second.entries.keys()].at(0)!;
    second.outbox.discard(key);
    await settle();
    expect([second.entries.size, (await store.load()).length]).toEqual([0, 0]);
  });

  test('of anything but a text leaves nothing behind', async () => {
    const { outbox, sent, entries } = make();
    outbox.connected();
    const joining = outbox.add({ type: 'join-room', roomId: 'a' });
    await settle();
    outbox.refused(sent.at(0)!.id, problem('not-found'));
    await expect(joining).rejects.toMatchObject({ code: 'not-found' });
    expect(entries.size).toBe(0);
  });
});

describe('an id outside the window of repeats', () => {
  test('is looked for first: what is stored is not stored twice', async () => {
    const { outbox, sent } = make({ findMessage: async (_, id) => ackOf(id, 12) });
    outbox.connected();
    const answer = outbox.add(post('1'));
    await settle();
    outbox.refused(sent.at(0)!.id, problem('id-too-old'));
    await expect(answer).resolves.toMatchObject({ n: 12 });
    expect(sent).toHaveLength(1);
  });

  test('gets a successor only where nothing was stored; the row keeps its key', async () => {
    const { outbox, sent, entries } = make();
    outbox.connected();
    outbox.add(post('1')).catch(() => {});
    await settle();
    const [key] = entries.keys();
    outbox.refused(sent.at(0)!.id, problem('id-too-old'));
    await settle();
    expect(sent).toHaveLength(2);
    expect(sent.at(1)!.id).not.toBe(sent.at(0)!.id);
    expect([...entries.keys()]).toEqual([key]);
  });

  test('waits while it cannot be looked for', async () => {
    const { outbox, sent } = make({ findMessage: () => Promise.reject(new Error('down')) });
    outbox.connected();
    outbox.add(post('1')).catch(() => {});
    await settle();
    outbox.refused(sent.at(0)!.id, problem('id-too-old'));
    await vi.advanceTimersByTimeAsync(16_000);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
  });
});

test('silence is answered by asking again', async () => {
  const { outbox, sent } = make();
  outbox.connected();
  outbox.add(post('1')).catch(() => {});
  await vi.advanceTimersByTimeAsync(12_500);
  expect(sent.map(({ id }) => id)).toEqual([sent.at(0)!.id, sent.at(0)!.id]);
});

test('the event in the log is an answer too', async () => {
  const { outbox, sent, entries } = make();
  outbox.connected();
  const answer = outbox.add(post('1'));
  await settle();
  outbox.committed({ type: 'commit', kind: 'room', id: 'a', seq: 4, n: 3, at: '2026-01-01T00:00:00.000Z', cursor: 'c', events: [{ type: 'message.posted', v: 2, n: 3, commandId: sent.at(0)!.id, by: 'me', data: {} }] });
  await expect(answer).resolves.toMatchObject({ n: 3, seq: 4, roomId: 'a' });
  expect(entries.size).toBe(0);
});

test('the beginning of a change of name is no answer: the name may be taken', async () => {
  const { outbox, sent } = make();
  outbox.connected();
  const [refused, changed] = ['taken', 'free'].map((name) => outbox.add({ type: 'rename-user', name }));
  for (const answer of [refused, changed]) answer!.catch(() => {});
  await settle();
  const begins = (commandId: string) => outbox.committed({ type: 'commit', kind: 'user', id: 'me', seq: 4, n: 3, at: '2026-01-01T00:00:00.000Z', cursor: 'c', events: [{ type: 'user.rename-started', v: 1, n: 3, commandId, by: 'me', data: {} }] });
  begins(sent.at(0)!.id);
  outbox.refused(sent.at(0)!.id, problem('name-taken'));
  await expect(refused).rejects.toMatchObject({ code: 'name-taken' });
  begins(sent.at(1)!.id);
  outbox.acknowledged(ackOf(sent.at(1)!.id, 5));
  await expect(changed).resolves.toMatchObject({ n: 5 });
});

test('an answered message stays until its event came, then leaves', async () => {
  let folded = false;
  const { outbox, sent, entries } = make({ isFolded: () => folded });
  outbox.connected();
  outbox.add(post('1')).catch(() => {});
  await settle();
  outbox.acknowledged(ackOf(sent.at(0)!.id));
  expect([...entries.values()]).toMatchObject([{ state: 'acked', ack: { n: 1 } }]);
  folded = true;
  outbox.sweep();
  expect(entries.size).toBe(0);
});

test('markers that wait are replaced by the newest', async () => {
  const { outbox, sent } = make();
  for (const n of [3, 7, 9]) outbox.add({ type: 'mark-read', roomId: 'a', n }).catch(() => {});
  await settle();
  outbox.connected();
  expect(sent.map(({ command }) => command)).toEqual([{ type: 'mark-read', roomId: 'a', n: 9 }]);
});
