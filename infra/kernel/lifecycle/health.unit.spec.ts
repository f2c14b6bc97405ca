import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { createHealth, type RouteHost } from './health.ts';

async function serve() {
  const health = createHealth();
  const app = fastify();
  health.routes(app as unknown as RouteHost);
  await app.ready();
  const get = async (path: string) => {
    const { statusCode, headers, body } = await app.inject(path);
    return { status: statusCode, type: headers['content-type'], body };
  };
  const json = async (path: string) => {
    const { status, body } = await get(path);
    return [status, JSON.parse(body) as unknown];
  };
  return { health, get, json };
}

describe('health', () => {
  test('a process that starts is live, and neither started nor ready', async () => {
    const { json } = await serve();
    expect(await json('/health/live')).toEqual([200, { live: true }]);
    expect(await json('/health/started')).toEqual([503, { started: false }]);
    expect(await json('/health/ready')).toEqual([503, { ready: false, reasons: { lifecycle: 'starting' } }]);
  });

  test('is ready when it is started and no check objects', async () => {
    const { health, json } = await serve();
    let reason: string | undefined = 'the checkpoint is 9 s behind';
    health.check('projection', () => reason);
    health.check('log', () => undefined);
    health.started();
    expect(await json('/health/started')).toEqual([200, { started: true }]);
    expect(await json('/health/ready')).toEqual([503, { ready: false, reasons: { projection: 'the checkpoint is 9 s behind' } }]);
    reason = undefined;
    expect(await json('/health/ready')).toEqual([200, { ready: true, reasons: {} }]);
  });

  test('a check that throws is a reason', async () => {
    const { health } = await serve();
    health.started();
    health.check('broken', () => {
      throw new Error('no such table');
    });
    expect(health.readiness()).toEqual({ ready: false, reasons: { broken: 'the check failed: no such table' } });
  });

  test('a process that is about to end is live and not ready, whatever comes later', async () => {
    const { health, json } = await serve();
    health.started();
    health.stopping();
    health.started();
    expect(await json('/health/live')).toEqual([200, { live: true }]);
    expect(await json('/health/ready')).toEqual([503, { ready: false, reasons: { lifecycle: 'stopping' } }]);
  });

  test('metrics are text for Prometheus', async () => {
    const { get } = await serve();
    expect(await get('/metrics')).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  });
});
