import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startTelemetry } from './telemetry.ts';
import { withSpan } from './trace.ts';

test('spans reach an OTLP/HTTP collector before the process ends', async () => {
  const received: { path: string | undefined; body: string }[] = [];
  const collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url, body: Buffer.concat(parts).toString() });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const otlpEndpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;

  const telemetry = startTelemetry({ service: 'spec', instance: 'i1', version: '0.1.0', otlpEndpoint });
  withSpan('decide', { attributes: { room: 'lobby' } }, () => {});
  await telemetry.shutdown();

  expect(received.map(({ path }) => path)).toEqual(['/v1/traces']);
  expect(received[0]?.body).toContain('"name":"decide"');
  expect(received[0]?.body).toContain('"spec"');
  collector.close();
});
