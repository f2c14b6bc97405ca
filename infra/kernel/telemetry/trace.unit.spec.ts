import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SpanLine } from './span-file.ts';
import { startTelemetry, type Telemetry } from './telemetry.ts';
import { currentTraceparent, withSpan } from './trace.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const identity = { service: 'spec', instance: 'i1', version: '0.1.0' };

describe('while nothing is recorded', () => {
  test('a trace from outside travels on', async () => {
    expect(withSpan('work', { parent }, currentTraceparent)).toBe(parent);
    expect(await withSpan('work', { parent }, async () => withSpan('inner', {}, currentTraceparent))).toBe(parent);
    expect(currentTraceparent()).toBeUndefined();
  });
  test('without one there is none', () => expect(withSpan('work', {}, currentTraceparent)).toBeUndefined());
  test.each(['', 'nonsense', parent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)), `${parent}\r\nx: y`, parent.toUpperCase()])(
    'a malformed one is ignored: %j',
    (malformed) => expect(withSpan('work', { parent: malformed }, currentTraceparent)).toBeUndefined(),
  );
  test('results and errors pass through', async () => {
    expect(withSpan('work', {}, () => 3)).toBe(3);
    await expect(withSpan('work', { parent }, async () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  });
});

describe('while spans go to a file', () => {
  let dir: string | undefined;
  let telemetry: Telemetry | undefined;
  afterEach(async () => {
    await telemetry?.shutdown();
    if (dir !== undefined) rmSync(dir, { recursive: true });
  });
  const record = async (work: () => unknown): Promise<SpanLine[]> => {
    dir = mkdtempSync(join(tmpdir(), 'parley-pf-trace-'));
    const traceFile = join(dir, 'spans.ndjson');
    telemetry = startTelemetry({ ...identity, traceFile });
    await work();
    await telemetry.shutdown();
    telemetry = undefined;
    return readFileSync(traceFile, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as SpanLine);
  };

  test('they form one trace with what came before, and what is called next is told', async () => {
    let told: string | undefined;
    const [inner, outer] = await record(() =>
      withSpan('outer', { parent, attributes: { room: 'lobby' } }, async () => {
        await Promise.resolve();
        await withSpan('inner', {}, async () => {
          told = currentTraceparent();
        });
      }),
    );
    expect(outer).toMatchObject({ service: 'spec', instance: 'i1', name: 'outer', traceId: parent.slice(3, 35), parentSpanId: parent.slice(36, 52), attributes: { room: 'lobby' }, error: false });
    expect(inner).toMatchObject({ name: 'inner', traceId: outer?.traceId, parentSpanId: outer?.spanId });
    expect(told).toBe(`00-${inner?.traceId}-${inner?.spanId}-01`);
  });

  test('the first one starts a trace', async () => {
    const [span] = await record(() => withSpan('root', {}, () => {}));
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span).not.toHaveProperty('parentSpanId');
  });

  test('an error, thrown or rejected, ends the span as failed and goes on', async () => {
    const spans = await record(async () => {
      expect(() => withSpan('thrown', {}, () => { throw new Error('x'); })).toThrow('x');
      await expect(withSpan('rejected', {}, async () => Promise.reject(new Error('y')))).rejects.toThrow('y');
    });
    expect(spans.map(({ name, error }) => [name, error])).toEqual([['thrown', true], ['rejected', true]]);
  });

  test('what came unsampled is not recorded and travels on unsampled', async () => {
    let told: string | undefined;
    const spans = await record(() => {
      withSpan('unsampled', { parent: parent.replace(/01$/, '00') }, () => {
        told = currentTraceparent();
      });
      withSpan('sampled', {}, () => {});
    });
    expect(spans.map(({ name }) => name)).toEqual(['sampled']);
    expect(told?.slice(0, 36)).toBe(parent.slice(0, 36));
    expect(told?.slice(-2)).toBe('00');
  });
});

test('a span that is not recorded is a call and no more: no context is entered for it', () => {
  using entered = vi.spyOn(AsyncLocalStorage.prototype, 'run');
  const result = Promise.resolve(1);
  expect(withSpan('work', { attributes: { a: 1 } }, () => result)).toBe(result);
  expect(entered).not.toHaveBeenCalled();
  withSpan('work', { parent }, () => 1);
  expect(entered).toHaveBeenCalledOnce();
});
