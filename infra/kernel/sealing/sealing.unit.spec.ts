import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { beforeEach, describe, expect, test } from 'vitest';
import { memoryVault, type MemoryVault } from '../vault/memory-vault.ts';
import { VaultUnavailable } from '../vault/vault.ts';
import { commandIndexes } from './command-indexes.ts';
import type { ContentOpener, SealContext } from './content.ts';
import { ContentCorrupt, ContentErased } from './errors.ts';
import { monthOf } from './keys.ts';
import { createOpener } from './opener.ts';
import { type CachingSealer, createSealer } from './sealer.ts';

const alice = '019a0000-0000-7000-8000-00000000a11c';
const bob = '019a0000-0000-7000-8000-000000000b0b';
/** 2025-11-30T23:59:59.999Z and a millisecond later, as UUIDv7. */
const november = '019ad735-83ff-7000-8000-000000000001';
const december = '019ad735-8400-7000-8000-000000000002';

let vault: MemoryVault;
let sealer: CachingSealer;
let opener: ContentOpener;
beforeEach(() => {
  vault = memoryVault();
  sealer = createSealer(vault, 'main');
  opener = createOpener(vault, 'main');
});

const post: SealContext = { kind: 'room', id: 'lobby', commandId: november, index: 0, type: 'message.posted' };
const eventOf = (context: SealContext, sealed: StoredEvent['sealed']): StoredEvent => ({ type: context.type, v: 1, commandId: context.commandId, by: alice, data: {}, ...(sealed && { sealed }) });
async function sealed(context: SealContext, person = alice, text = 'hello') {
  return { kind: context.kind, id: context.id, index: context.index, event: eventOf(context, await sealer.seal(context, person, { text })) };
}

describe('sealing', () => {
  test.each<[string, SealContext, string]>([
    ['a message under its author and its room in that month', post, `m:${alice}:202511`],
    ['a message of the next month under another key', { ...post, commandId: december }, `m:${alice}:202512`],
    ["a room's name under the room", { ...post, type: 'room.created' }, 'r'],
    ["a person's name under the person", { kind: 'user', id: alice, commandId: november, index: 0, type: 'user.registration-started' }, 'u'],
  ])('%s', async (_, context, key) => {
    const item = await sealed(context);
    expect(item.event.sealed?.k).toBe(key);
    expect(await opener.open(item, item.event, item.index)).toEqual({ content: { text: 'hello' } });
  });

  test('the same text is sealed differently each time', async () => {
    expect((await sealed(post)).event.sealed?.c).not.toBe((await sealed(post)).event.sealed?.c);
  });

  test('the month is that of the command id, in UTC', () => expect([monthOf(november), monthOf(december)]).toEqual(['202511', '202512']));

  test('a kind without personal content has no key', () => expect(() => sealer.seal({ ...post, kind: 'claim' }, alice, {})).toThrow(TypeError));

  test('an event without sealed content opens to none', async () => {
    expect(await opener.open(post, eventOf(post, undefined), 0)).toEqual({ content: {} });
  });
});

describe('a sealed text is bound to its place', () => {
  test.each<[string, Partial<SealContext>]>([
    ['room', { id: 'attic' }],
    ['command', { commandId: '019ad735-83ff-7000-8000-0000000000ff' }],
    ['index in its command', { index: 1 }],
    ['type of event', { type: 'message.edited' }],
  ])('another %s', async (_, other) => {
    const item = await sealed(post);
    await sealed({ ...post, ...other });
    const moved = { ...post, ...other };
    await expect(opener.open(moved, eventOf(moved, item.event.sealed), moved.index)).rejects.toThrow(ContentCorrupt);
  });

  test('another author or month', async () => {
    const item = await sealed(post);
    await sealed(post, bob);
    const forged = { k: `m:${bob}:202511`, c: item.event.sealed?.c ?? '' };
    await expect(opener.open(post, eventOf(post, forged), 0)).rejects.toThrow(ContentCorrupt);
    await expect(opener.open(post, eventOf(post, { ...forged, k: 'x:y' }), 0)).rejects.toThrow(ContentCorrupt);
  });

  test('another workspace', async () => {
    const item = await sealed(post);
    await expect(createOpener(vault, 'other').open(post, item.event, 0)).rejects.toThrow(ContentCorrupt);
  });

  test('the message of a corrupt text says where, and not what', async () => {
    const item = await sealed(post);
    await expect(opener.open(post, item.event, 1)).rejects.toThrow(`room lobby, command ${november}, event 1 (message.posted): the sealed content does not open`);
  });
});

describe('erasure', () => {
  test.each([
    ['person', `person:${alice}`],
    ["room's month", 'room:lobby:202511'],
    ['room', 'room:lobby'],
  ])('destroying the %s makes a message unreadable, for a process without it in its cache', async (_, scope) => {
    const item = await sealed(post);
    await vault.destroy(scope, 'test');
    expect(await opener.open(item, item.event, 0)).toEqual({ erased: true });
    await expect(createSealer(vault, 'main').seal(post, alice, {})).rejects.toThrow(ContentErased);
  });

  test('others and other months stay readable', async () => {
    const items = [await sealed(post), await sealed(post, bob), await sealed({ ...post, commandId: december })];
    await vault.destroy(`person:${alice}`, 'test');
    expect(await opener.openAll(items)).toEqual([{ erased: true }, { content: { text: 'hello' } }, { erased: true }]);
  });

  test('a room keeps its name when its creator goes', async () => {
    const item = await sealed({ ...post, type: 'room.created' });
    await vault.destroy(`person:${alice}`, 'test');
    expect(await opener.open(item, item.event, 0)).toEqual({ content: { text: 'hello' } });
  });

  test.each([`person:${alice}`, alice, undefined])('a process forgets its cached keys when told: %s', async (scope) => {
    const item = await sealed(post);
    await opener.open(item, item.event, 0);
    await vault.destroy(`person:${alice}`, 'test');
    expect(await opener.open(item, item.event, 0)).toHaveProperty('content');
    opener.forget(scope);
    sealer.forget(scope);
    expect(await opener.open(item, item.event, 0)).toEqual({ erased: true });
    await expect(sealer.seal(post, alice, {})).rejects.toThrow(ContentErased);
    await expect(sealer.mac(alice, '{}')).rejects.toThrow(ContentErased);
  });

  test('who asks after something was forgotten is not given an answer from before', async () => {
    const item = await sealed(post);
    const before = opener.open(item, item.event, 0);
    await Promise.resolve();
    opener.forget(`person:${bob}`);
    const after = opener.open(item, item.event, 0);
    expect(await Promise.all([before, after])).toEqual([{ content: { text: 'hello' } }, { content: { text: 'hello' } }]);
  });

  test('a key that was on its way when it was to be forgotten is not kept', async () => {
    const item = await sealed(post);
    const opening = opener.open(item, item.event, 0);
    await vault.destroy(`person:${alice}`, 'test');
    opener.forget(`person:${alice}`);
    expect(await opening).toEqual({ erased: true });
    expect(await opener.open(item, item.event, 0)).toEqual({ erased: true });
  });
});

describe('without the vault', () => {
  test('cached keys go on, others are unavailable, and sealing says so', async () => {
    const known = await sealed(post);
    const unknown = await sealed({ ...post, commandId: december });
    await opener.open(known, known.event, 0);
    vault.setAvailable(false);
    expect(await opener.openAll([known, unknown])).toEqual([{ content: { text: 'hello' } }, { unavailable: true }]);
    await expect(sealer.seal(post, alice, { text: 'warm' })).resolves.toHaveProperty('c');
    await expect(sealer.seal(post, bob, { text: 'cold' })).rejects.toThrow(VaultUnavailable);
  });

  test('a lost secret is unavailable, never called erased', async () => {
    const item = await sealed(post);
    expect(await createOpener(memoryVault(), 'main').open(item, item.event, 0)).toEqual({ unavailable: true });
  });
});

describe('asking the vault', () => {
  test('many texts cost one question', async () => {
    const items = await Promise.all([alice, bob].flatMap((person) => [november, december].map((commandId) => sealed({ ...post, commandId }, person))));
    expect(vault.calls).toBe(1);
    await opener.openAll(items);
    expect(vault.calls).toBe(2);
    await opener.openAll(items);
    expect(vault.calls).toBe(2);
  });

  test('more than 500 scopes cost as few questions as can be', async () => {
    const people = Array.from({ length: 1_200 }, (_, index) => `p${index}`);
    const items = await Promise.all(people.map((person) => sealed(post, person)));
    expect(vault.calls).toBe(3);
    expect(await opener.openAll(items)).toHaveLength(1_200);
    expect(vault.calls).toBe(6);
  });
});

describe('keyed hashes', () => {
  test('the mac of a command is 128 bits that depend on command, person and workspace', async () => {
    const macs = await Promise.all([sealer.mac(alice, '{"a":1}'), sealer.mac(alice, '{"a":2}'), sealer.mac(bob, '{"a":1}'), createSealer(vault, 'other').mac(alice, '{"a":1}')]);
    expect(new Set(macs).size).toBe(4);
    for (const mac of macs) expect(mac).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await createSealer(vault, 'main').mac(alice, '{"a":1}')).toBe(macs[0]);
  });

  test('a claim id is 256 bits that depend on name and deployment', async () => {
    const id = await sealer.claimIdOf('ann');
    expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await createSealer(vault, 'main').claimIdOf('ann')).toBe(id);
    expect(await createSealer(memoryVault(), 'main').claimIdOf('ann')).not.toBe(id);
  });
});

test('places within their commands, for commands that share a commit', () => {
  expect(commandIndexes(['a', 'b', 'b', 'b', 'c', 'd', 'd'].map((commandId) => ({ commandId })))).toEqual([0, 0, 1, 2, 0, 0, 1]);
  expect(commandIndexes([])).toEqual([]);
});

test('with warm keys a seal needs neither the vault nor the thread pool: it is done before anything else gets a turn', async () => {
  await sealer.seal(post, alice, { text: 'x'.repeat(100) });
  const order: string[] = [];
  const [turn, sealed] = [new Promise<void>((resolve) => { setImmediate(() => { order.push('a turn of the loop'); resolve(); }); }), sealer.seal(post, alice, { text: 'x'.repeat(100) }).then(() => order.push('sealed'))];
  await Promise.all([turn, sealed]);
  expect(order).toEqual(['sealed', 'a turn of the loop']);
});
