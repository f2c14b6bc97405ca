import { createHash } from 'node:crypto';
import type { PlainCommand, Operator } from '../operator.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { findDays } from './archive-files.ts';
import { authorIdOf, authorNameOf } from './author.ts';
import { batchesOf, type ImportLine } from './batches.ts';
import { parseDay } from './irc-format.ts';

/** Messages that share a cursor: a day of an archive, or a whole data set. */
export type ImportPart = { readonly name: string; readonly lines: readonly ImportLine[]; readonly people: ReadonlyMap<string, string>; readonly rawLines: number; readonly system: number; readonly empty: number };

export type ImportOptions = {
  readonly operator: Operator;
  /** Name of the room; its id is the same where that can be one. */
  readonly room: string;
  readonly topic?: string;
  /** Names the archive: same source, same people, and lines that were imported from it are never imported again. */
  readonly source: string;
  /** Authors registered at a time; 128 unless told. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ImportReport, part: string) => void;
};

export type ImportReport = {
  readonly room: string;
  readonly roomId: string;
  readonly source: string;
  parts: number;
  /** Lines read: messages, system lines and empty ones. */
  lines: number;
  /** Messages among them. */
  messages: number;
  /** Messages that were not in the room before. */
  added: number;
  system: number;
  empty: number;
  authors: number;
  seconds: number;
};

const authorsAtOnce = 128;

const idCharactersMax = 64;

/** An id that can name a room, from its name; where the alphabet of ids cannot say the name, with what tells it from others. Throws CliError (2) for a name without letters and digits. */
export function roomIdOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}+/gu, '');
  if (!/[\p{L}\p{N}]/u.test(plain)) throw new CliError(exitCodes.usage, `"${name}" cannot name a room.`, 'Take a name with letters or digits.');
  const said = plain.replace(/[^a-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  // Ids that begin with "d-" are those of direct conversations.
  const slug = said === '' ? 'room' : said.startsWith('d-') ? `room-${said}` : said;
  if (!/[^\P{L}a-z]|[^\P{N}0-9]/u.test(plain) && slug.length <= idCharactersMax) return slug;
  const mark = createHash('sha256').update(name.normalize('NFC')).digest('hex').slice(0, 8);
  return `${slug.slice(0, idCharactersMax - mark.length - 1)}-${mark}`;
}

/**
 * Imports the days of an IRC archive into one room, in order, one event per message. Authors are registered first, a day
 * at a time. The room remembers, per day, the highest line it has: running this again, also after it was cut off,
 * adds what is missing and nothing else. Throws CliError.
 */
export async function importArchive(paths: readonly string[], options: ImportOptions & { readonly days?: number }): Promise<ImportReport> {
  const days = (await findDays(paths)).slice(0, options.days ?? Infinity);
  return importParts(async function* parts() {
    for (const day of days) {
      const parsed = parseDay(day.date, await day.text());
      const people = new Map(parsed.said.map(({ nick }) => [authorIdOf(options.source, nick) as string, nick]));
      const lines = parsed.said.map(({ line, nick, sentAt, text }) => ({ line, author: authorIdOf(options.source, nick), sentAt, text }));
      yield { name: day.name, lines, people, rawLines: parsed.lines, system: parsed.system, empty: parsed.empty };
    }
  }, options);
}

/** Imports parts one after the other. */
export async function importParts(parts: () => AsyncIterable<ImportPart>, options: ImportOptions): Promise<ImportReport> {
  const { operator, room, source, signal, onProgress } = options;
  const begun = performance.now();
  const report: ImportReport = { room, roomId: roomIdOf(room), source, parts: 0, lines: 0, messages: 0, added: 0, system: 0, empty: 0, authors: 0, seconds: 0 };
  const registered = new Set<string>();
  const ready = readyParts(parts(), options, registered);
  for (let next = await ready.next(); next.done !== true; ) {
    const part = next.value;
    // While this part is sent, the authors of the next one are registered.
    const ahead = ready.next();
    ahead.catch(() => {});
    const cursor = cursorOf(source, part.name);
    if (report.parts === 0) await openRoom(options, report.roomId, part);
    for (const batch of batchesOf(part.lines, cursor)) {
      signal?.throwIfAborted();
      report.added += await sendBatch(operator, report.roomId, cursor, batch);
      report.messages += batch.length;
      report.seconds = (performance.now() - begun) / 1_000;
      onProgress?.({ ...report, lines: report.lines + Math.min(part.rawLines, (batch.at(-1)?.line ?? 0) + 1), authors: registered.size }, part.name);
    }
    report.parts += 1;
    report.lines += part.rawLines;
    report.system += part.system;
    report.empty += part.empty;
    next = await ahead;
  }
  report.authors = registered.size;
  report.seconds = Number(((performance.now() - begun) / 1_000).toFixed(3));
  return report;
}

/** Names the cursor of a part. Throws CliError (2). */
function cursorOf(source: string, part: string): string {
  const cursor = `${source}.${part}`.slice(0, 64);
  if (!/^[A-Za-z0-9_.-]+$/.test(cursor)) throw new CliError(exitCodes.usage, `"${cursor}" cannot name a source.`, 'Use letters, digits, ".", "_" and "-".');
  return cursor;
}

/** Parts whose authors are registered. */
async function* readyParts(parts: AsyncIterable<ImportPart>, options: ImportOptions, registered: Set<string>): AsyncGenerator<ImportPart, undefined> {
  for await (const part of parts) {
    cursorOf(options.source, part.name);
    const strangers = [...part.people].filter(([userId]) => !registered.has(userId));
    await registerAuthors(options, strangers);
    for (const [userId] of strangers) registered.add(userId);
    yield part;
  }
  return undefined;
}

/** Registers people, some at a time; those who are registered stay as they are. */
async function registerAuthors({ operator, source, concurrency = authorsAtOnce, signal }: ImportOptions, people: readonly (readonly [string, string])[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < people.length; index = next++) {
      signal?.throwIfAborted();
      const [userId, nick] = people[index] as readonly [string, string];
      await must(operator, { type: 'import-user', userId, source, name: authorNameOf(nick) });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, people.length) }, worker));
}

async function openRoom({ operator, room, topic }: ImportOptions, roomId: string, part: ImportPart): Promise<void> {
  const [owner] = part.people.keys();
  if (owner === undefined) throw new CliError(exitCodes.usage, `${part.name} holds no message.`);
  const reply = await operator.send({ type: 'create-room', roomId, kind: 'public', name: room.slice(0, 80), history: 'all', members: [owner], ...(topic !== undefined && { topic }) });
  if (!reply.ok && reply.problem.code !== 'room-exists') throw refused('create-room', reply.problem.detail ?? reply.problem.title);
}

/** Sends one batch; one that turns out too large goes in two halves. Returns how many of its messages were new. */
async function sendBatch(operator: Operator, roomId: string, source: string, batch: readonly ImportLine[]): Promise<number> {
  const lines = batch.map((line) => ({ ...line, messageId: operator.newId() }));
  const reply = await operator.send({ type: 'import-messages', roomId, source, lines });
  if (reply.ok) return reply.events;
  if (reply.problem.code !== 'too-large' || batch.length === 1) {
    throw refused(`import-messages of ${source}, lines ${batch[0]?.line} to ${batch.at(-1)?.line}`, `${reply.problem.detail ?? reply.problem.title} ${JSON.stringify(reply.problem.errors ?? '')}`);
  }
  const half = batch.length >> 1;
  return (await sendBatch(operator, roomId, source, batch.slice(0, half))) + (await sendBatch(operator, roomId, source, batch.slice(half)));
}

async function must(operator: Operator, command: PlainCommand): Promise<void> {
  const reply = await operator.send(command);
  if (!reply.ok) throw refused(command.type, reply.problem.detail ?? reply.problem.title);
}

const refused = (what: string, why: string): CliError => new CliError(exitCodes.internal, `${what} was refused: ${why}`, 'What was acknowledged is stored; run the same command again to go on.');
