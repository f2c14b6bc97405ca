import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Caller } from '@parley/contracts/envelope/caller';
import type { Commit } from '@parley/contracts/envelope/commit';
import type { CommandId, UserId } from '@parley/contracts/ids';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { partitionOf, streamOf } from '@parley/contracts/wire/partition';
import { commandSubject, subjectOf } from '@parley/contracts/wire/subjects';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { until } from '@parley/dev/until';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { createAggregates } from '@parley/kernel/event-store/repository';
import { directRoomIdOf } from '@parley/kernel/ids/direct-room-id';
import type { Service } from '@parley/kernel/lifecycle/run-service';
import { connectNats, type NatsConnection } from '@parley/kernel/nats/connect';
import { watchMembers } from '@parley/kernel/routing/members';
import { type CommandSender, createCommandSender } from '@parley/kernel/routing/send-command';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { openVault } from '@parley/kernel/vault/postgres-vault';
import { type Servers, startServers } from '@parley/tests/harness/servers';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandServiceConfig } from './config.ts';
import { deciders } from './deciders.ts';
import { derivedId } from './prepare/derived-id.ts';
import { claimedForm } from './prepare/name-rule.ts';
import { startCommandService } from './start.ts';

const instance = 'solo';
const kek = makeSecrets().PARLEY_KEK;
const system: Caller = { userId: 'system', kind: 'system' };
const person = (userId: UserId): Caller => ({ userId, kind: 'user' });
const newId = (): CommandId => derivedId(Date.now(), randomUUID(), 'test');
/** A name that nobody else in this spec has. */
const named = (name: string): string => `${name} ${randomUUID().slice(0, 13)}`;
const newPerson = (): UserId => newId() as string as UserId;
/** Somebody whose log lies in the same stream. */
const personBeside = (other: UserId): UserId => {
  for (;;) {
    const userId = newPerson();
    if (streamOf({ kind: 'user', id: userId }) === streamOf({ kind: 'user', id: other })) return userId;
  }
};

let servers: Servers;
let service: Service;
let nc: NatsConnection;
let sender: CommandSender;
let stopWatching: () => Promise<void>;

beforeAll(async () => {
  servers = await startServers({ redis: false });
  service = await startCommandService(
    CommandServiceConfig.parse({ NATS_URL: servers.natsUrl, VAULT_URL: servers.postgres.vaultUrl, PARLEY_KEK: kek, INSTANCE_ID: instance, LOG_LEVEL: 'warn' }),
  );
  nc = await connectNats({ url: servers.natsUrl, name: 'spec' });
  const view = await watchMembers(nc);
  stopWatching = () => view.stop();
  sender = createCommandSender(nc, view);
});
afterAll(async () => {
  await stopWatching?.();
  await nc?.close();
  await service?.[Symbol.asyncDispose]();
  await servers?.stop();
});

/** Sends straight to the instance, as a gateway does. */
async function ask(command: object, caller: Caller, id: CommandId = newId(), aggregateId = idIn(command)): Promise<CommandReply> {
  const request = { id, command, caller, deadline: Date.now() + 9_000 };
  const answer = await nc.request(commandSubject(instance, partitionOf(aggregateId)), JSON.stringify(request), { timeout: 10_000 });
  return answer.json<CommandReply>();
}
const idIn = (command: object): string => {
  const { roomId, userId, claimId } = command as { roomId?: string; userId?: string; claimId?: string };
  return roomId ?? userId ?? claimId ?? 'guests';
};
const done = (reply: CommandReply): Extract<CommandReply, { ok: true }> => {
  if (!reply.ok) throw new Error(JSON.stringify(reply.problem));
  return reply;
};
const codeOf = (reply: CommandReply): string => (reply.ok ? 'ok' : reply.problem.code);

async function registered(name: string): Promise<UserId> {
  const userId = newPerson();
  done(await ask({ type: 'start-registration', userId, name }, system));
  return userId;
}
async function roomOf(owner: UserId, kind = 'public'): Promise<string> {
  const roomId = `r${randomUUID().slice(0, 8)}`;
  done(await ask({ type: 'create-room', roomId, kind, name: 'Kitchen' }, person(owner)));
  return roomId;
}
async function commitsOf(kind: 'room' | 'user' | 'claim' | 'reader', id: string): Promise<Commit[]> {
  const log = await openJetStreamLog(nc);
  const commits: Commit[] = [];
  for await (const { bytes } of log.read({ kind, id }, 0)) commits.push(decodeCommit(bytes));
  return commits;
}
const typesOf = (commits: readonly Commit[]): string[] => commits.flatMap(({ events }) => events.map(({ type }) => type));

describe('a message', () => {
  test('is posted, sealed, numbered, and answered with where it lies', async () => {
    const ann = await registered(named('Ann'));
    const roomId = await roomOf(ann);
    const id = newId();
    const posted = done(await ask({ type: 'post-message', roomId, text: 'a secret of mine https://example.org' }, person(ann), id));
    expect(posted).toMatchObject({ n: 3, events: 1, position: { stream: streamOf({ kind: 'room', id: roomId }) } });
    const commits = await commitsOf('room', roomId);
    const event = commits.at(-1)?.events[0];
    expect(event).toMatchObject({ type: 'message.posted', by: ann, commandId: id, data: { messageId: id, author: ann, ordinal: 1, hasLink: true } });
    expect(event?.sealed?.k).toMatch(new RegExp(`^m:${ann}:\\d{6}$`));
    expect(JSON.stringify(commits)).not.toContain('secret of mine');
  });

  test('sent twenty times at once and again later is one event with one answer; another body under its id is refused', async () => {
    const ann = await registered(named('Ann'));
    const roomId = await roomOf(ann);
    const id = newId();
    const post = { type: 'post-message', roomId, text: 'once' };
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(post, person(ann), id)));
    const positions = new Set(replies.map((reply) => JSON.stringify([done(reply).n, done(reply).position.seq])));
    expect(positions.size).toBe(1);
    expect(done(await ask(post, person(ann), id))).toMatchObject({ n: 3, repeated: true });
    expect(codeOf(await ask({ ...post, text: 'twice' }, person(ann), id))).toBe('id-reused');
    expect(typesOf(await commitsOf('room', roomId)).filter((type) => type === 'message.posted')).toHaveLength(1);
  });

  test('is edited by its author at the position the answer gave, and by nobody at another', async () => {
    const [ann, bob] = [await registered(named('Ann')), await registered(named('Bob'))];
    const roomId = await roomOf(ann);
    done(await ask({ type: 'join-room', roomId }, person(bob)));
    const messageId = newId();
    const { n, position } = done(await ask({ type: 'post-message', roomId, text: 'teh' }, person(ann), messageId));
    const target = { messageId, n, seq: position.seq };
    const edit = { type: 'edit-message', roomId, target, text: 'the' };
    expect(codeOf(await ask(edit, person(bob)))).toBe('forbidden');
    expect(codeOf(await ask({ ...edit, target: { ...target, seq: target.seq + 1 } }, person(ann)))).toBe('target-mismatch');
    expect(codeOf(await ask({ ...edit, target: { ...target, n: n - 1 } }, person(ann)))).toBe('target-mismatch');
    expect(codeOf(await ask({ ...edit, target: { ...target, messageId: newId() } }, person(ann)))).toBe('target-mismatch');
    done(await ask(edit, person(ann)));
    done(await ask({ type: 'react', roomId, target, emoji: '👍' }, person(bob)));
    done(await ask({ type: 'post-message', roomId, text: 'yes', replyTo: target }, person(bob)));
    done(await ask({ type: 'redact-message', roomId, target }, person(ann)));
    expect(codeOf(await ask({ type: 'react', roomId, target, emoji: '👍' }, person(bob)))).toBe('message-redacted');
  });

  test('of many senders at once leaves in few commits, in one gap-free order', async () => {
    const ann = await registered(named('Ann'));
    const roomId = await roomOf(ann);
    const replies = await Promise.all(Array.from({ length: 500 }, (_, index) => ask({ type: 'post-message', roomId, text: `line ${index}` }, person(ann))));
    expect(replies.map(codeOf).filter((code) => code !== 'ok')).toEqual([]);
    const commits = await commitsOf('room', roomId);
    const posts = commits.flatMap(({ events }) => events).filter(({ type }) => type === 'message.posted');
    expect(posts.map(({ data }) => data['ordinal'])).toEqual(posts.map((_, index) => index + 1));
    expect(posts).toHaveLength(500);
    expect(commits.length).toBeLessThan(100);
  });
});

describe('the door', () => {
  test('says what is wrong with what it cannot take, and goes on', async () => {
    const ann = await registered(named('Ann'));
    const subject = commandSubject(instance, 0);
    for (const payload of ['', 'nonsense', '[]', '{"id":"x"}', '\u0000', '{"__proto__":{"x":1}}']) {
      expect(codeOf((await nc.request(subject, payload)).json<CommandReply>())).toBe('malformed');
    }
    expect(codeOf(await ask({ type: 'fly-to-the-moon' }, person(ann)))).toBe('invalid');
    expect(codeOf(await ask({ type: 'take-claim', claimId: 'x'.repeat(43), userId: ann }, person(ann)))).toBe('invalid');
    expect(codeOf(await ask({ type: 'post-message', roomId: 'a.b', text: '' }, person(ann), newId(), 'x'))).toBe('invalid');
    const late = { id: newId(), command: { type: 'leave-room', roomId: 'x' }, caller: person(ann), deadline: Date.now() - 1 };
    expect(codeOf((await nc.request(subject, JSON.stringify(late))).json<CommandReply>())).toBe('timeout');
  });

  test('tells strangers the same of a private room as of none', async () => {
    const [ann, eve] = [await registered(named('Ann')), await registered(named('Eve'))];
    const roomId = await roomOf(ann, 'private');
    for (const type of ['post-message', 'rename-room', 'join-room', 'leave-room', 'archive-room']) {
      const fields = type === 'post-message' ? { text: 'hello' } : type === 'rename-room' ? { name: 'Mine' } : {};
      const [there, nowhere] = [await ask({ type, roomId, ...fields }, person(eve)), await ask({ type, roomId: 'no-such-room', ...fields }, person(eve))];
      expect(there).toEqual(nowhere);
      expect(codeOf(there)).toBe('not-found');
    }
  });

  test('serves health and metrics that tell the truth', async () => {
    await until('the service to be ready', async () => (await fetch(`${service.url}/health/ready`)).ok);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const name of ['parley_commands', 'parley_append_duration', 'parley_commit_events', 'parley_queue_length']) expect(metrics).toContain(name);
  });
});

describe('direct rooms', () => {
  test('have the id of their pair, for both, and nobody else may open them', async () => {
    const [ann, bob, eve] = [await registered(named('Ann')), await registered(named('Bob')), await registered(named('Eve'))];
    const roomId = directRoomIdOf('main', ann, bob);
    const first = done(await ask({ type: 'create-direct-room', roomId, with: bob }, person(ann)));
    expect(first.events).toBe(3);
    expect(done(await ask({ type: 'create-direct-room', roomId, with: ann }, person(bob))).events).toBe(0);
    expect(codeOf(await ask({ type: 'create-direct-room', roomId, with: ann }, person(eve)))).toBe('not-found');
    expect(codeOf(await ask({ type: 'create-direct-room', with: ann }, person(ann), newId(), ann))).toBe('self-direct');
    expect(codeOf(await ask({ type: 'create-direct-room', with: newPerson() }, person(ann), newId(), ann))).toBe('not-found');
    done(await ask({ type: 'post-message', roomId, text: 'hi' }, person(bob)));
  });
});

describe('names', () => {
  test('belong to one person; others are told, and a rename gives the old name back', async () => {
    const name = named('Maria');
    const maria = await registered(name);
    expect(codeOf(await ask({ type: 'start-registration', userId: newPerson(), name: name.toUpperCase() }, system))).toBe('name-taken');
    expect(await sender.ask({ ask: 'claim-of-name', name }, 'any')).toMatchObject({ ok: true, userId: maria });
    done(await ask({ type: 'rename-user', name: named('Mia') }, person(maria), newId(), maria));
    expect(typesOf(await commitsOf('user', maria))).toEqual(['user.registration-started', 'user.registered', 'user.rename-started', 'user.renamed']);
    const heir = await registered(name);
    expect(await sender.ask({ ask: 'claim-of-name', name }, 'any')).toMatchObject({ ok: true, userId: heir });
  });

  test('registering repeated under its id has one answer', async () => {
    const [userId, id, name] = [newPerson(), newId(), named('Ann')];
    const first = done(await ask({ type: 'start-registration', userId, name }, system, id));
    const again = done(await ask({ type: 'start-registration', userId, name }, system, id));
    expect([again.n, again.position]).toEqual([first.n, first.position]);
  });

  test('of twenty people who want the same name at once one gets it', async () => {
    const name = named('Rare');
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask({ type: 'start-registration', userId: newPerson(), name }, system)));
    expect(replies.map(codeOf).filter((code) => code === 'ok')).toHaveLength(1);
    expect(replies.map(codeOf).filter((code) => code === 'name-taken')).toHaveLength(19);
  });

  test.each(['', ', though what another person’s log says cannot be read'])('a registration whose process was killed is taken to its end by another%s', async (corrupt) => {
    const [userId, id, name] = [newPerson(), newId(), named('Lost')];
    if (corrupt !== '') await jetstream(nc).publish(subjectOf({ kind: 'user', id: personBeside(userId) }), 'no commit');
    await using vault = openVault({ url: servers.postgres.vaultUrl, kek, role: 'spec' });
    const sealer = createSealer(vault, 'main');
    const claimId = await sealer.claimIdOf(claimedForm(name) ?? '');
    // What such a process leaves behind: the start, and nothing else.
    const aggregates = createAggregates({ log: await openJetStreamLog(nc), ws: 'main', deciders });
    const command = { type: 'start-registration', id, caller: system, userId, claimId };
    done(await aggregates.execute({ kind: 'user', id: userId }, { id, type: command.type, caller: system, command, seals: [], alone: false, deadline: Date.now() + 9_000 }));
    await aggregates.shutdown();
    await until('the registration to be finished', async () => typesOf(await commitsOf('user', userId)).includes('user.registered'), { timeoutMs: 30_000, everyMs: 200 });
    expect(await sender.ask({ ask: 'claim-owner', claimId }, claimId)).toMatchObject({ ok: true, userId });
  });

  test('guests get numbers, each once', async () => {
    const guests = Array.from({ length: 10 }, newPerson);
    const numbers = await Promise.all(guests.map(async (userId) => done(await ask({ type: 'take-number', counterId: 'guests', userId }, system, newId(), 'guests')).n));
    expect(new Set(numbers).size).toBe(10);
    done(await ask({ type: 'register-guest', userId: guests[0], number: numbers[0] }, system));
    expect(await sender.ask({ ask: 'user', userId: guests[0] ?? '' }, guests[0] ?? '')).toMatchObject({ ok: true, state: 'guest' });
  });
});

describe('an archive', () => {
  const lines = (author: UserId, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => ({ line: from + index, messageId: newId(), author, sentAt: '2004-07-05T10:00:00Z', text: `old line ${from + index}` }));

  test('is imported once, however its batches are cut', async () => {
    const owner = await registered(named('Owner'));
    const author = newPerson();
    done(await ask({ type: 'import-user', userId: author, source: 'ubuntu', name: 'seb128' }, system));
    const roomId = await roomOf(owner);
    const batch = (from: number, to: number) => ({ type: 'import-messages', roomId, source: 'ubuntu', lines: lines(author, from, to) });
    // In flight together: they must be decided in the order in which they were sent.
    const replies = await Promise.all([ask(batch(1, 100), system), ask(batch(101, 200), system), ask(batch(201, 250), system)]);
    expect(replies.map((reply) => done(reply).events)).toEqual([100, 100, 50]);
    expect(done(await ask(batch(1, 100), system)).events).toBe(0);
    expect(done(await ask(batch(241, 260), system)).events).toBe(10);
    expect(codeOf(await ask(batch(300, 301), person(owner)))).toBe('invalid');
    const posts = (await commitsOf('room', roomId)).flatMap(({ events }) => events).filter(({ type }) => type === 'message.posted');
    expect(posts.map(({ data }) => (data['source'] as { line: number }).line)).toEqual(Array.from({ length: 260 }, (_, index) => index + 1));
    expect(posts.every(({ sealed }) => sealed?.k.startsWith(`m:${author}:`))).toBe(true);
  });
});

describe('read markers', () => {
  test('of many rooms share commits at least 5 s apart', async () => {
    const ann = await registered(named('Ann'));
    const mark = (roomId: string, n: number) => ask({ type: 'mark-read', roomId, n }, person(ann), newId(), ann);
    done(await mark('kitchen', 1));
    const replies = await Promise.all([mark('kitchen', 2), mark('lobby', 7), mark('kitchen', 5), mark('garden', 1), mark('kitchen', 3)]);
    expect(replies.map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    const commits = await commitsOf('reader', ann);
    expect(commits).toHaveLength(2);
    expect(Date.parse(commits[1]?.at ?? '') - Date.parse(commits[0]?.at ?? '')).toBeGreaterThanOrEqual(5_000);
  });
});

test('what members are called and said lies nowhere in plain text', async () => {
  const jsm = await jetstreamManager(nc);
  const ann = await registered('Annabelle Unmistakable');
  const message = await jsm.streams.getMessage(streamOf({ kind: 'user', id: ann }), { last_by_subj: subjectOf({ kind: 'user', id: ann }) });
  expect(message?.string()).toContain('user.registered');
  expect(JSON.stringify(await commitsOf('user', ann))).not.toContain('Annabelle');
});
