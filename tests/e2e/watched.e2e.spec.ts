import { existsSync, readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { until } from '@parley/dev/until';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { Constellation } from '../harness/constellation.ts';
import { accepted, join, newRoom, person } from '../harness/people.ts';
import { startServers, type Servers } from '../harness/servers.ts';

let servers: Servers;
let chat: Constellation;
let spans: string;
beforeAll(async () => {
  servers = await startServers();
  spans = path(servers.dir, 'spans.ndjson');
  const env = { PARLEY_TRACE_FILE: spans };
  chat = await Constellation.start({ servers, env: { gateway: env, 'command-service': env, projectors: env, 'query-service': env } });
}, 120_000);
afterAll(async () => {
  await chat?.stop();
  await servers?.stop();
});

type Span = { service: string; name: string; traceId: string; spanId: string; parentSpanId?: string; error: boolean };
const spansOf = (traceId: string): Span[] =>
  existsSync(spans) ? readFileSync(spans, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Span).filter((span) => span.traceId === traceId) : [];

test('one trace leads from the frame through command, append, projection and push', async () => {
  const ann = await person(chat, 'watched-ann');
  const bob = await person(chat, 'watched-bob');
  const roomId = await newRoom(ann);
  await join(bob, roomId);
  const traceId = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
  ann.socket.sendRaw(JSON.stringify({ type: 'command', id: uuidv7(), command: { type: 'post-message', roomId, text: 'follow me' }, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }));
  await bob.socket.until(() => bob.socket.eventsOf(roomId, 'message.posted').length === 1, 10_000, 'the post');
  const wanted = ['gateway.command', 'decide', 'append', 'project', 'gateway.push'];
  await until('all spans of the trace', () => wanted.every((name) => spansOf(traceId).some((span) => span.name === name)), { timeoutMs: 20_000 });
  const found = spansOf(traceId);
  expect(new Set(found.map(({ service }) => service))).toEqual(new Set(['gateway', 'command-service', 'projectors']));
  expect(found.filter(({ error }) => error)).toEqual([]);
  // Every span hangs on another of the same trace, up to the client's own.
  const ids = new Set(found.map(({ spanId }) => spanId));
  for (const span of found) expect(span.parentSpanId === '00f067aa0ba902b7' || ids.has(span.parentSpanId ?? ''), `${span.name} hangs in the air`).toBe(true);
}, 60_000);

test('metrics count what happened', async () => {
  const text = async (name: 'gateway' | 'command-service' | 'projectors' | 'query-service') => (await fetch(`${chat.service(name).url}/metrics`)).text();
  const value = (metrics: string, name: RegExp) => metrics.split('\n').filter((line) => name.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const before = value(await text('command-service'), /^parley_commands(_total)?\{.*outcome="(ok|accepted)"/);
  const ann = await person(chat, 'counted-ann');
  const roomId = await newRoom(ann);
  for (let index = 0; index < 5; index += 1) await ann.socket.send({ type: 'post-message', roomId, text: `${index}` });
  await ann.socket.send({ type: 'join-room', roomId: uuidv7() });
  const [commands, gateway, projectors, query] = [await text('command-service'), await text('gateway'), await text('projectors'), await text('query-service')];
  expect(value(commands, /^parley_commands(_total)?\{.*outcome="(ok|accepted)"/) - before).toBeGreaterThanOrEqual(6);
  for (const name of [/parley_append_duration_count/, /parley_commit_events_count/, /parley_queue_length/]) expect(commands).toMatch(name);
  expect(value(gateway, /^parley_gateway_sockets/)).toBeGreaterThanOrEqual(1);
  expect(gateway).toMatch(/parley_gateway_fanout_ms.*_count/);
  expect(projectors).toMatch(/parley_projection_lag_events/);
  expect(projectors).toMatch(/parley_projection_lag_seconds/);
  for (const metrics of [commands, gateway, projectors, query]) expect(metrics).toMatch(/nodejs_eventloop_delay_seconds/);
}, 60_000);

describe('health tells the truth', () => {
  const status = async (name: 'gateway' | 'command-service' | 'projectors' | 'query-service', probe: string) => {
    const answer = await fetch(`${chat.service(name).url}/health/${probe}`);
    return { status: answer.status, body: await answer.text() };
  };
  const all = ['gateway', 'command-service', 'projectors', 'query-service'] as const;

  test('all are live, ready and started', async () => {
    for (const name of all) for (const probe of ['live', 'ready', 'started']) expect((await status(name, probe)).status, `${name} ${probe}`).toBe(200);
  });

  test('without NATS the write side and the live side are not ready, say why, stay alive, and heal', async () => {
    await chat.servers.nats.kill('SIGKILL');
    for (const name of ['command-service', 'gateway'] as const) {
      await until(`${name} to notice`, async () => (await status(name, 'ready')).status === 503, { timeoutMs: 30_000 });
      expect((await status(name, 'ready')).body).toMatch(/nats|log|stream/i);
      expect((await status(name, 'live')).status).toBe(200);
    }
    await chat.servers.nats.restart();
    for (const name of all) await until(`${name} to heal`, async () => (await status(name, 'ready')).status === 200, { timeoutMs: 30_000 });
  }, 120_000);

  test('without PostgreSQL queries say so and chat goes on', async () => {
    const ann = await person(chat, 'healthy-ann');
    const roomId = await newRoom(ann);
    // Keys are cached: whoever spoke in this month goes on without the vault, which lies in the same PostgreSQL here.
    await ann.socket.send({ type: 'post-message', roomId, text: 'before' });
    await chat.servers.postgres.kill('SIGKILL');
    await until('query-service to notice', async () => (await status('query-service', 'ready')).status === 503, { timeoutMs: 30_000 });
    const answer = await fetch(`${chat.url()}/v1/me/rooms`, { headers: { authorization: `Bearer ${ann.token}` } });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'unavailable' });
    await accepted(ann.socket.send({ type: 'post-message', roomId, text: 'still here' }));
    await chat.servers.postgres.restart();
    for (const name of all) await until(`${name} to heal`, async () => (await status(name, 'ready')).status === 200, { timeoutMs: 30_000 });
    await chat.settled();
  }, 120_000);
});
