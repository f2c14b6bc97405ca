import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from './program.ts';

/** Goal: what cannot be meant is refused with 2 and a clear line, before a single byte is sent to anybody. */
let server: Server;
let connections = 0;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  env = { NATS_URL: `nats://${at}`, DATABASE_URL: `postgres://x@${at}/x`, VAULT_URL: `postgres://x@${at}/x`, QUERY_URL: `http://${at}`, PARLEY_KEK: Buffer.alloc(32, 1).toString('base64url'), PARLEY_INTERNAL_KEY: Buffer.alloc(32, 1).toString('base64url'), PARLEY_DATA: '/nowhere' };
});
afterAll(() => new Promise((resolve) => { server.close(resolve); }));

async function said(args: readonly string[]): Promise<{ code: number; stderr: string; stdout: string }> {
  let [stderr, stdout] = ['', ''];
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => { stderr += String(chunk); return true; });
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => { stdout += String(chunk); return true; });
  try {
    return { code: await main(args, env), stderr, stdout };
  } finally {
    err.mockRestore();
    out.mockRestore();
  }
}

const person = '01900000-0000-7000-8000-000000000001';
const everywhere = ['', 'a\u0000b', 'a\r\nb', 'x'.repeat(300), '\ud83d', '\u001b[31mred\u009b'];
const asId = [...everywhere, '*', '>', 'a.b', 'a b', '../etc', '한글'];
const asPoint = [...everywhere, '*', '>', 'a.b', '-1', '0', '9007199254740992', '1e9', '2999-01-01', 'tomorrow', '2026-02-31'];
/** Every place of a command where something can be typed, with what is hostile there. */
const places: readonly (readonly [name: string, args: (hostile: string) => string[], hostile: readonly string[]])[] = [
  ['log show <kind>', (text) => ['log', 'show', text, 'general'], asId],
  ['log show <id>', (text) => ['log', 'show', 'room', text], asId],
  ['log show --from', (text) => ['log', 'show', 'room', 'general', '--from', text], asPoint],
  ['log show --to', (text) => ['log', 'show', 'room', 'general', `--to=${text}`], asPoint],
  ['log tail --room', (text) => ['log', 'tail', '--room', text], asId],
  ['log tail --stream', (text) => ['log', 'tail', '--stream', text], asId],
  ['log stat --top', (text) => ['log', 'stat', '--top', text], asPoint],
  ['log grep [words]', (text) => ['log', 'grep', text], everywhere],
  ['log grep --room', (text) => ['log', 'grep', 'x', '--room', text], asId],
  ['log grep --kind', (text) => ['log', 'grep', 'x', '--kind', text], asId],
  ['log grep --id', (text) => ['log', 'grep', 'x', '--kind', 'room', '--id', text], asId],
  ['log grep --stream', (text) => ['log', 'grep', 'x', '--stream', text], asId],
  ['log grep --type', (text) => ['log', 'grep', 'x', '--type', text], asId.filter((text) => text !== 'a.b')],
  ['log grep --author', (text) => ['log', 'grep', 'x', '--author', text], asId],
  ['log grep --command', (text) => ['log', 'grep', 'x', '--command', text], asId],
  ['log grep --from', (text) => ['log', 'grep', 'x', '--room', 'general', '--from', text], asPoint],
  ['log grep --limit', (text) => ['log', 'grep', 'x', '--limit', text], asPoint],
  ['log grep --resume', (text) => ['log', 'grep', 'x', '--resume', text], everywhere],
  ['log diff [kind]', (text) => ['log', 'diff', text, 'general', '1', '2'], asId],
  ['log diff [id]', (text) => ['log', 'diff', 'room', text, '1', '2'], asId],
  ['log diff [before]', (text) => ['log', 'diff', 'room', 'general', text, '2'], [...asPoint, '1..2..3', '1..', '..', '0..5']],
  ['log diff --with', (text) => ['log', 'diff', '--with', text], [...asId, 'http://x']],
  ['log diff --room', (text) => ['log', 'diff', '--with', 'nats://127.0.0.1:1', '--room', text], asId],
  ['room at <roomId>', (text) => ['room', 'at', text, '1'], asId],
  ['room at <point>', (text) => ['room', 'at', 'general', text], asPoint],
  ['room at --messages', (text) => ['room', 'at', 'general', '1', '--messages', text], asPoint],
  ['who-could-see <roomId>', (text) => ['who-could-see', text, '1'], asId],
  ['who-could-see <message>', (text) => ['who-could-see', 'general', text], asPoint],
  ['explain unread <userId>', (text) => ['explain', 'unread', text, 'general'], asId],
  ['explain unread <roomId>', (text) => ['explain', 'unread', person, text], asId],
  ['replay --room', (text) => ['replay', '--room', text], asId],
  ['replay --from', (text) => ['replay', '--room', 'general', '--from', text], asPoint],
  ['replay --to', (text) => ['replay', '--room', 'general', '--to', text], asPoint],
  ['replay --speed', (text) => ['replay', '--speed', text], asPoint.concat('Infinity', 'NaN')],
  ['replay --to-stream', (text) => ['replay', '--to-stream', text], [...asId, 'EVT_0', 'RDR_3', 'EVT_99', 'evt_0', 'KV_MEMBERS', 'OBJ_SNAPSHOTS']],
  ['replay --to-nats', (text) => ['replay', '--to-stream', 'SANDBOX', '--to-nats', text], [...asId, 'http://x', 'nats://a b']],
  ['replay --drop', (text) => ['replay', '--drop', text], [...asId, 'parley', 'parley_replay_', 'parley_replay_"; drop']],
  ['replay --resume', (text) => ['replay', '--resume', text], everywhere],
];

beforeEach(() => {
  connections = 0;
});

describe('refused, with nothing on the wire', () => {
  test.each(places)('%s', async (_name, args, hostile) => {
    for (const text of hostile) {
      const { code, stderr, stdout } = await said(args(text));
      expect({ text, code, stdout }).toEqual({ text, code: 2, stdout: '' });
      expect(stderr).not.toMatch(/\n\s+at |Error:|\u0000|\u009b|\u001b\[31mred/);
      expect(stderr.split('\n').filter((line) => line !== '').length, stderr).toBeLessThanOrEqual(2);
      expect(stderr.isWellFormed()).toBe(true);
    }
    expect(connections).toBe(0);
  });

  test.each([
    [['log', 'grep'], 'Say what to look for'], [['log', 'grep', 'x', '--with-removed'], '--with-removed widens --open'], [['log', 'show', 'room', 'general', '--with-removed'], '--with-removed widens --open'],
    [['log', 'grep', 'x', '--from', '5'], 'Event numbers are those of one aggregate'], [['log', 'grep', 'x', '--id', 'a'], '--id needs --kind'], [['log', 'grep', 'x', '--room', 'a', '--stream', 'EVT_0'], 'Name one of'],
    [['log', 'diff'], 'Say of what and from when'], [['log', 'diff', 'room', 'general', '1..2', '3'], 'two points or two ranges'], [['log', 'diff', 'room', 'a', '1', '--with', 'nats://127.0.0.1:1'], 'named by --room'],
    [['replay', '--to-stream', 'A', '--scratch'], 'goes to one place'], [['replay', '--keep'], '--keep is for --scratch'], [['replay', '--from', '5'], 'Event numbers are those of one room'], [['replay', '--scratch', '--open'], '--open is for standard output'],
    [['replay', '--to-nats', 'nats://127.0.0.1:1'], '--to-nats says where'], [['replay', '--drop', 'parley_replay_0a', '--keep'], '--drop does nothing else'],
    [['room', 'at', 'general', '1', '--sealed', '--with-removed'], '--sealed shows no texts'],
  ])('%j: %s', async (args, line) => {
    const { code, stderr } = await said(args);
    expect(code).toBe(2);
    expect(stderr).toContain(line);
    expect(connections).toBe(0);
  });
});
