import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { RoomId, UserId } from '@parley/contracts/ids';
import { UserName } from '@parley/contracts/users/events';
import { findDays } from './archive-files.ts';
import { authorIdOf, authorNameOf } from './author.ts';
import { batchesOf, storedBytesOf } from './batches.ts';
import { parseCsv, partOfQuestions } from './csv-qa.ts';
import { generateArchive } from './generate-archive.ts';
import { roomIdOf } from './import-archive.ts';
import { clean, dateOf, parseDay } from './irc-format.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a day of a channel', () => {
  const day = (...lines: string[]) => parseDay('2010-02-13', `${lines.join('\n')}\n`);

  test('has messages, deeds, comings and goings', () => {
    const parsed = day('=== mina [n=x@y] has joined #ubuntu', '[21:46] <mina> 안녕하세요', '[21:47]  * genii sips a coffee', '[21:48] -spam:#ubuntu- buy', '[21:49] <drcode>', '[21:50] <drcode> ');
    expect(parsed).toEqual({
      lines: 6, system: 2, empty: 2,
      said: [
        { line: 1, nick: 'mina', text: '안녕하세요', sentAt: '2010-02-13T21:46:00.000Z' },
        { line: 2, nick: 'genii', text: '* genii sips a coffee', sentAt: '2010-02-13T21:47:00.000Z' },
      ],
    });
  });
  test('may run past midnight, and lines may be a little out of order', () => {
    expect(day('[23:59] <a> 1', '[23:58] <a> 2', '[00:01] <a> 3', '[23:59] <a> 4').said.map(({ sentAt }) => sentAt.slice(0, 16))).toEqual(['2010-02-13T23:59', '2010-02-13T23:58', '2010-02-14T00:01', '2010-02-14T23:59']);
  });
  test('may have a clock of twelve hours', () => {
    expect(day('[10:59] <a> 1', '[11:59] <a> 2', '[00:10] <a> 3', '[06:00] <a> 4').said.map(({ sentAt }) => sentAt.slice(0, 16))).toEqual(['2010-02-13T10:59', '2010-02-13T11:59', '2010-02-13T12:10', '2010-02-13T18:00']);
  });
  test('loses what no store takes and no page shows', () => {
    expect([clean('a\u0000b'), clean('\u000304,12red\u000f'), clean('x\ud800'), clean(`  ${'y'.repeat(9_000)}`).length]).toEqual(['ab', 'red', 'x\ufffd', 8_000]);
  });
  test('has its date in the file’s name', () => {
    expect([dateOf('2004-12-25.train-c.raw.txt'), dateOf('ubuntu-2010-02-30.txt'), dateOf('x.txt'), dateOf('12004-12-251.txt')]).toEqual(['2004-12-25', undefined, undefined, undefined]);
  });
});

describe('an author', () => {
  test('is one person per source and nick', () => {
    expect(authorIdOf('irc', 'mina')).toBe(authorIdOf('irc', 'mina'));
    expect(new Set([authorIdOf('irc', 'mina'), authorIdOf('irc', 'Mina'), authorIdOf('other', 'mina')]).size).toBe(3);
  });
  test.each(['mina', '안녕', '\u202eevil', 'x'.repeat(60), '\u0007', `${'y'.repeat(39)}👍`])('%j has an id and a name that are taken', (nick) => {
    expect(UserId.safeParse(authorIdOf('irc', nick)).success).toBe(true);
    expect(UserName.safeParse(authorNameOf(nick)).success).toBe(true);
  });
});

describe('batches', () => {
  const lines = (count: number, text: string) => Array.from({ length: count }, (_, line) => ({ line, author: authorIdOf('irc', 'a'), sentAt: '2010-01-01T00:00:00.000Z', text }));
  test('hold every line once, in order, within a command’s bounds', () => {
    for (const text of ['hi', '안'.repeat(300), '"'.repeat(8_000)]) {
      const cut = [...batchesOf(lines(250, text), 'irc.day')];
      expect(cut.flat().map(({ line }) => line)).toEqual(lines(250, '').map(({ line }) => line));
      for (const batch of cut) {
        expect(batch.length).toBeLessThanOrEqual(100);
        expect(batch.reduce((sum, line) => sum + storedBytesOf(line.text, 'irc.day'), 0)).toBeLessThan(48 * 1024);
      }
    }
  });
});

describe('an archive', () => {
  test('is a folder, a .tar.gz, or single files; days come in order', async () => {
    const made = await generateArchive(join(folder, 'days'), { days: 4, lines: 1_000 });
    execFileSync('tar', ['-czf', join(folder, 'days.tar.gz'), '-C', folder, 'days']);
    const [fromFolder, fromTar] = await Promise.all([findDays([made.folder]), findDays([join(folder, 'days.tar.gz')])]);
    expect(fromTar.map(({ name }) => name)).toEqual(fromFolder.map(({ name }) => name));
    expect(fromTar.map(({ date }) => date)).toEqual(fromTar.map(({ date }) => date).toSorted());
    expect(await Promise.all(fromTar.map((day) => day.text()))).toEqual(await Promise.all(fromFolder.map((day) => day.text())));
  });
  test('has long names in tar', async () => {
    const long = `${'deep/'.repeat(30)}2004-01-01.${'x'.repeat(40)}.raw.txt`;
    execFileSync('mkdir', ['-p', join(folder, 'long', long.slice(0, long.lastIndexOf('/')))]);
    writeFileSync(join(folder, 'long', long), '[10:00] <a> hi\n');
    execFileSync('tar', ['-cf', join(folder, 'long.tar'), '-C', join(folder, 'long'), '.']);
    expect((await findDays([join(folder, 'long.tar')])).map(({ date }) => date)).toEqual(['2004-01-01']);
  });
  test('that is none says so', async () => {
    writeFileSync(join(folder, 'broken.tar.gz'), 'no archive');
    for (const path of [join(folder, 'nowhere'), join(folder, 'broken.tar.gz')]) await expect(findDays([path])).rejects.toMatchObject({ name: 'CliError', exit: 2 });
  });
  test('can be generated, and generated again', async () => {
    const text = async (name: string, seed: number) => (await findDays([(await generateArchive(join(folder, name), { days: 2, lines: 500, seed })).folder])).map((day) => day.text());
    const [one, two, other] = await Promise.all([text('g1', 7), text('g2', 7), text('g3', 8)].map(async (days) => Promise.all(await days)));
    expect(one).toEqual(two);
    expect(one).not.toEqual(other);
    expect((one ?? []).map((raw) => parseDay('2004-01-01', raw)).reduce((sum, { lines }) => sum + lines, 0)).toBe(500);
  });
});

describe('questions and answers', () => {
  test('are read by RFC 4180', () => {
    expect(parseCsv('\ufeffQ,A,label\r\n"a, ""b""","line\nbreak",0\r\nc,d,1')).toEqual([['Q', 'A', 'label'], ['a, "b"', 'line\nbreak', '0'], ['c', 'd', '1']]);
    expect(() => parseCsv('"open')).toThrow(RangeError);
  });
  test('become a conversation of two', () => {
    const { lines, people, empty } = partOfQuestions('qa', 'Q,A,label\n12시 땡!,하루가 또 가네요.,0\n,빈 질문,0\n', 'csv');
    expect(lines.map(({ line, text }) => [line, text])).toEqual([[0, '12시 땡!'], [1, '하루가 또 가네요.'], [3, '빈 질문']]);
    expect([people.size, empty, new Set(lines.map(({ author }) => author)).size]).toEqual([2, 1, 2]);
  });
});

describe('a room’s id', () => {
  test('comes from its name', () => {
    expect([roomIdOf('ubuntu'), roomIdOf('#Ubuntu Help'), roomIdOf('Café'), roomIdOf('d-day')]).toEqual(['ubuntu', 'ubuntu-help', 'cafe', 'room-d-day']);
    expect(() => roomIdOf('…!')).toThrow(/cannot name/);
  });
  test('of a name in another alphabet, or one too long, is its own, and the same every time', () => {
    const names = ['질문', '답변', '질문 1', '답변 1', 'привет', `${'a'.repeat(80)}b`, `${'a'.repeat(80)}c`];
    const ids = names.map(roomIdOf);
    expect(new Set(ids).size).toBe(names.length);
    for (const id of ids) expect(RoomId.safeParse(id).success).toBe(true);
    expect(ids.slice(0, 3)).toEqual([roomIdOf('질문'.normalize('NFD')), roomIdOf('답변'), '1-12144814']);
  });
});
