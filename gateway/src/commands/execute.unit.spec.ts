import { describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { UserId } from '@parley/contracts/ids';
import { decodeCursor } from '@parley/contracts/realtime/cursor';
import type { CommandReply, CommandRequest } from '@parley/contracts/wire/command-request';
import type { LogEpochs } from './log-epochs.ts';
import { directRoomIdOf } from '@parley/kernel/ids/direct-room-id';
import { createExecute } from './execute.ts';

const [ann, bob] = [UserId.parse(uuidv7()), UserId.parse(uuidv7())];
const caller = { userId: ann, kind: 'user' } as const;
const position = { stream: 'EVT_3', seq: 41, epoch: 'e' };

function setUp(reply: CommandReply = { ok: true, n: 7, events: 1, position, at: '2026-01-01T00:00:00.000Z' }) {
  const sent: CommandRequest[] = [];
  const execute = createExecute({
    ws: 'main',
    sender: { send: async (request) => { sent.push(request); return reply; }, ask: () => Promise.reject(new Error('nothing is asked')) },
    epochs: { combined: async () => 'abcd1234' } as unknown as LogEpochs,
    metrics: { command: () => {} } as never,
  });
  return { execute, sent };
}

describe('the room of two people', () => {
  test('is one from both sides and different for others', () => {
    expect(directRoomIdOf('main', ann, bob)).toBe(directRoomIdOf('main', bob, ann));
    expect(directRoomIdOf('main', ann, bob)).toMatch(/^d-[A-Za-z0-9_-]{43}$/);
    expect(new Set([directRoomIdOf('main', ann, bob), directRoomIdOf('other', ann, bob), directRoomIdOf('main', ann, ann)]).size).toBe(3);
  });
  test('is named by the gateway, whatever the client says', async () => {
    const { execute, sent } = setUp();
    const done = await execute({ id: uuidv7(), command: { type: 'create-direct-room', with: bob, roomId: 'general' }, caller });
    expect(sent[0]!.command).toMatchObject({ roomId: directRoomIdOf('main', ann, bob) });
    expect(done).toMatchObject({ ok: true, answer: { roomId: directRoomIdOf('main', ann, bob) } });
  });
  test('needs another', async () => {
    const { execute, sent } = setUp();
    expect(await execute({ id: uuidv7(), command: { type: 'create-direct-room', with: ann }, caller })).toMatchObject({ ok: false, problem: { code: 'self-direct' } });
    expect(sent).toEqual([]);
  });
});

test('an answer carries a cursor that knows this position alone', async () => {
  const { execute } = setUp();
  const done = await execute({ id: uuidv7(), command: { type: 'join-room', roomId: 'general' }, caller });
  if (!done.ok) throw new Error(done.problem.code);
  expect(done.answer).toMatchObject({ n: 7, events: 1, seq: 41 });
  expect(decodeCursor(done.answer.cursor)).toMatchObject({ epoch: 'abcd1234', seqs: expect.arrayContaining([41]) });
});

describe('nothing is sent for', () => {
  test.each([[undefined], [7], ['x'], [uuidv7().toUpperCase()], ['0190a3b0-1111-4000-8000-00000000abcd']])('the id %j', async (id) => {
    const { execute, sent } = setUp();
    expect(await execute({ id, command: { type: 'join-room', roomId: 'general' }, caller })).toMatchObject({ ok: false, problem: { code: 'invalid', errors: [{ path: 'id' }] } });
    expect(sent).toEqual([]);
  });
  test('an id from the future, and the server’s time is told', async () => {
    const { execute, sent } = setUp();
    const id = uuidv7({ msecs: Date.now() + 300_000 });
    expect(await execute({ id, command: { type: 'join-room', roomId: 'general' }, caller })).toMatchObject({ ok: false, problem: { code: 'id-in-future', detail: expect.stringContaining('20') } });
    expect(sent).toEqual([]);
  });
  test.each([[{ type: 'take-number', counterId: 'guests', userId: ann }], [{ type: 'nothing' }], [null], [{ type: 'post-message', roomId: 'a.b', text: 'x' }]])('%j', async (command) => {
    const { execute, sent } = setUp();
    expect(await execute({ id: uuidv7(), command, caller })).toMatchObject({ ok: false, problem: { code: 'invalid' } });
    expect(sent).toEqual([]);
  });
});
