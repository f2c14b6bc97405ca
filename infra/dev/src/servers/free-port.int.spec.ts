import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, isPortFree, preferPort } from './free-port.ts';

test('no port is given twice, and none that the system gives to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 500 }, () => freePort()));
  expect(new Set(ports).size).toBe(500);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(12_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port that is taken is replaced, one that is free is kept', async () => {
  const wanted = await freePort();
  expect(await preferPort(wanted)).toBe(wanted);
  await using server = createServer();
  await new Promise<void>((resolve) => { server.listen(wanted, '127.0.0.1', resolve); });
  expect(await isPortFree(wanted)).toBe(false);
  expect(await preferPort(wanted)).not.toBe(wanted);
});
