import { memoryVault } from '@parley/kernel/vault/memory-vault';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { createOpener } from '@parley/kernel/sealing/opener';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { encodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { describe, expect, test } from 'vitest';
import { backoffMs, Fenced, judge, judgeMany, Poison, reasonOf, Stopped } from './failures.ts';
import { people } from '../projections/people/projection.ts';
import { LaneReport } from './lane-report.ts';
import { prepareSteps, type Step } from './prepare.ts';
import { anotherLog } from './worker.ts';

const room = { kind: 'room', id: 'kitchen' } as const;
const ann = '01900000-0000-7000-8000-000000000001';
const uuid = (number: number): string => `0190a3b0-3333-7000-8000-${String(number).padStart(12, '0')}`;

describe('what is done about an error', () => {
  const sql = (code: string) => Object.assign(new Error('of the database'), { code });
  test.each([
    [sql('23505'), 'park'], [sql('22021'), 'park'], [new Poison('no-room', ''), 'park'], [new TypeError('of a fold'), 'park'],
    [sql('40P01'), 'retry'], [sql('53300'), 'retry'], [sql('57P01'), 'retry'], [sql('42P01'), 'retry'], [sql('ECONNREFUSED'), 'retry'], [sql('CONNECTION_CLOSED'), 'retry'],
    [new Error('anything'), 'retry'], [new Fenced('p', 's', 1), 'fenced'], [new Stopped('x'), 'stop'],
  ])('%s %s', (error, verdict) => expect(judge(error)).toBe(verdict));

  test('of several commits written together, also when only the transaction is known to be over', () => {
    expect([sql('25P02'), sql('23505'), sql('40P01'), new Fenced('p', 's', 1)].map(judgeMany)).toEqual(['park', 'park', 'retry', 'fenced']);
    expect(judge(sql('25P02'))).toBe('retry');
  });

  test('reasons are short codes', () => {
    expect(reasonOf(sql('23505')).reason).toBe('sql-23505');
    expect(reasonOf(new TypeError('x'))).toEqual({ reason: 'fold-failed', detail: 'x' });
    expect([0, 1, 7, 99].map(backoffMs)).toEqual([50, 100, 5_000, 5_000]);
  });
});

describe('another log', () => {
  const state = { firstSeq: 1, lastSeq: 10, epoch: 'e1' };
  test('is known by its epoch, its end and its beginning', () => {
    expect(anotherLog({ seq: 10, epoch: 'e1' }, state)).toBeUndefined();
    expect(anotherLog({ seq: 0, epoch: 'e1' }, { firstSeq: 0, lastSeq: 0, epoch: 'e1' })).toBeUndefined();
    expect(anotherLog({ seq: 5, epoch: 'e0' }, state)).toMatch(/epoch/);
    expect(anotherLog({ seq: 11, epoch: 'e1' }, state)).toMatch(/beyond/);
    expect(anotherLog({ seq: 3, epoch: 'e1' }, { ...state, firstSeq: 5 })).toMatch(/begins at 5/);
  });
});

describe('steps', () => {
  const vault = memoryVault();
  const opener = createOpener(vault, 'main');
  const message = (seq: number, bytes: Uint8Array, subject = subjectOf(room)): StreamMessage => ({ seq, subject, bytes, headers: undefined, storedAtMs: seq });
  const commit = (n: number, events: Parameters<typeof encodeCommit>[0]['events']) => encodeCommit({ v: 1, ws: 'main', ...room, n, prev: '', at: '2026-01-01T00:00:00.000Z', events });
  const left = (count: number) => Array.from({ length: count }, (_, index) => ({ type: 'room.member-left', v: 1, commandId: uuid(index), by: ann, data: { userId: ann } }));
  async function* batches(...messages: StreamMessage[]) { yield messages; }
  async function stepsOf(...messages: StreamMessage[]): Promise<Step[]> {
    const steps: Step[] = [];
    for await (const step of prepareSteps(batches(...messages), { kinds: ['room'], opener, signal: new AbortController().signal, onVault: () => {} })) steps.push(step);
    return steps;
  }

  test('are at most 2,000 events', async () => {
    const steps = await stepsOf(...Array.from({ length: 40 }, (_, index) => message(index + 1, commit(index * 100 + 1, left(100)))));
    expect(steps.map((step) => [step.what, step.toSeq])).toEqual([['apply', 20], ['apply', 40]]);
  });

  test('pass over other kinds, and stand alone for what is corrupt or unknown', async () => {
    const steps = await stepsOf(
      message(1, commit(1, left(1))), message(2, Buffer.from('x'), 'evt.1.user.someone'), message(3, Buffer.from('not json')), message(4, commit(2, left(1))),
      message(5, Buffer.from('x'), 'evt.1.user.someone'), message(6, commit(3, [{ type: 'room.member-left', v: 9, commandId: uuid(1), by: ann, data: {} }])),
    );
    expect(steps.map((step) => [step.what, step.toSeq, step.what === 'apply' ? step.commits.length : 0])).toEqual([['apply', 2, 1], ['park', 3, 0], ['apply', 5, 1], ['stop', 6, 0]]);
  });

  test('facts that are not of the event’s shape are corrupt, and so is a commit under another’s subject', async () => {
    const steps = await stepsOf(message(1, commit(1, [{ type: 'room.member-left', v: 1, commandId: uuid(1), by: ann, data: { userId: 'Ann' } }])), message(2, commit(1, left(1)), 'evt.1.room.other'));
    expect(steps.map((step) => (step.what === 'park' ? step.item.reason : step.what))).toEqual(['invalid-event', 'wrong-subject']);
  });

  test('while the vault is away nothing is made up: it is waited for', async () => {
    const sealed = { k: 'm:x:202601', c: '' };
    const bytes = commit(1, [{ type: 'message.posted', v: 2, commandId: uuid(1), by: ann, data: { messageId: uuid(1), author: ann, ordinal: 1, hasLink: false, mentions: [] }, sealed }]);
    let away = 2;
    const flaky: ContentOpener = { open: async () => ({ unavailable: true }), forget: () => {}, openAll: async (items) => items.map(() => ((away -= 1) >= 0 ? { unavailable: true } : { content: { text: 'at last' } })) };
    const told: boolean[] = [];
    const steps: Step[] = [];
    const deps = { kinds: ['room'], opener: flaky, signal: new AbortController().signal, onVault: (isAway: boolean) => told.push(isAway) };
    for await (const step of prepareSteps(batches(message(1, bytes)), deps)) steps.push(step);
    expect(steps).toMatchObject([{ what: 'apply', commits: [{ events: [{ content: { text: 'at last' } }] }] }]);
    expect(told).toEqual([true, true, false]);
  });

  test('content is opened by the place in its command; broken content is poison of its commit alone', async () => {
    const sealer = createSealer(vault, 'main');
    const posted = async (number: number, index = 0) => ({
      type: 'message.posted', v: 2, commandId: uuid(number), by: ann, data: { messageId: uuid(number), author: ann, ordinal: number, hasLink: false, mentions: [] },
      sealed: await sealer.seal({ ...room, commandId: uuid(number), index, type: 'message.posted' }, ann, { text: `text ${number}` }),
    });
    const second = await sealer.seal({ ...room, commandId: uuid(1), index: 1, type: 'message.posted' }, ann, { text: 'second of its command' });
    const events = [await posted(1), await posted(2), { ...(await posted(3)), commandId: uuid(1), sealed: second }];
    const broken = { ...(await posted(4)), commandId: uuid(5) };
    const [first, parked, third] = await stepsOf(message(1, commit(1, events)), message(2, commit(4, [broken])), message(3, commit(5, [await posted(6)])));
    expect(first).toMatchObject({ what: 'apply', toSeq: 1, commits: [{ events: [{ content: { text: 'text 1' } }, { content: { text: 'text 2' } }, { content: { text: 'second of its command' } }] }] });
    expect(parked).toMatchObject({ what: 'park', toSeq: 2, item: { reason: 'content-broken' } });
    expect(third).toMatchObject({ what: 'apply', toSeq: 3 });
    await vault.destroy(`person:${ann}`, 'asked');
    opener.forget();
    expect((await stepsOf(message(1, commit(1, events))))[0]).toMatchObject({ commits: [{ events: [{ content: null }, { content: null }, { content: null }] }] });
  });
});

describe('a lane', () => {
  test('says what keeps it', () => {
    const report = new LaneReport({ projection: people, generation: 1, stream: 'EVT_1' }, true);
    report.running(5, 'e', 0);
    report.observed(9);
    expect([report.lagEvents, report.trouble]).toEqual([4, undefined]);
    report.reached(9, Date.now());
    expect([report.lagEvents, report.lagSeconds]).toEqual([0, 0]);
    report.stopped('too much was parked');
    expect(report.trouble).toBe('people on EVT_1 stopped: too much was parked');
  });
});
