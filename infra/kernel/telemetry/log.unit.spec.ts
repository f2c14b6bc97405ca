import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** What a process of its own logs: standard output belongs to the test runner here. */
function logged(source: string): Record<string, unknown>[] {
  const imports = `
    import { logger, setLogLevel } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)};
    import { withSpan } from ${JSON.stringify(new URL('trace.ts', import.meta.url).href)};
    const log = logger('spec');
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=parley-source', '--input-type=module', '-e', imports + source], { env: { ...process.env, INSTANCE_ID: 'i1' }, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a log line', () => {
  const lines = logged(`
    log.info({ room: 'lobby' }, 'plain');
    withSpan('work', { parent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, () => log.info('traced'));
    log.info({ headers: { authorization: 'Bearer xyz', cookie: 'xyz' }, command: { text: 'xyz' }, token: 'xyz' }, 'secrets');
    log.debug('quiet');
    setLogLevel('debug');
    log.debug('loud');
    log.fatal({ err: new Error('broken') }, 'last');
    process.exit(1);
  `);

  test('is JSON with time, level, service and instance', () => {
    expect(lines[0]).toMatchObject({ level: 'info', service: 'spec', instance: 'i1', room: 'lobby', msg: 'plain' });
    expect(lines[0]?.['time']).toMatch(/^\d{4}-.*Z$/);
  });
  test('carries the trace it belongs to', () => {
    expect(lines[1]).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' });
    expect(lines[0]).not.toHaveProperty('traceId');
  });
  test('holds no secrets and nobody’s words', () => expect(JSON.stringify(lines)).not.toContain('xyz'));
  test('follows the level, also for loggers made before', () => expect(lines.map(({ msg }) => msg)).toEqual(['plain', 'traced', 'secrets', 'loud', 'last']));
  test('is written even when the process ends right after', () => expect(lines.at(-1)).toMatchObject({ level: 'fatal', err: { message: 'broken' } }));
});
