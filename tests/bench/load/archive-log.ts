import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef, StoredEvent } from '@parley/contracts/envelope/commit';
import { subjectOf } from '@parley/contracts/wire/subjects';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import type { ContentSealer } from '@parley/kernel/sealing/content';

export type ArchiveShape = { readonly lines: number; readonly authors: number; readonly rooms: number; readonly linesPerCommit: number };

const words = 'sudo apt install kernel driver wifi sound screen boot grub mount disk usb how can try works thanks error log file config restart 안녕하세요 감사합니다 network'.split(' ');
const uuid = (space: string, number: number): string => `0190a3b0-${space}-7000-8000-${number.toString(16).padStart(12, '0')}`;
const at = '2026-01-01T00:00:00.000Z';
const inFlight = 64;

/** Writes a log as an import does: rooms, each with messages of many authors in large commits, every text sealed. Returns its events. */
export async function writeArchive(nc: NatsConnection, sealer: ContentSealer, { lines, authors, rooms, linesPerCommit }: ArchiveShape): Promise<number> {
  const js = jetstream(nc);
  const owner = uuid('1111', 0);
  const write = async (room: number): Promise<void> => {
    const aggregate: AggregateRef = { kind: 'room', id: `bench-${room}` };
    let [n, prev, ordinal] = [1, '', 0];
    const append = async (events: readonly StoredEvent[]): Promise<void> => {
      const bytes = encodeCommit({ v: 1, ws: 'main', ...aggregate, n, prev, at, events: [...events] });
      await js.publish(subjectOf(aggregate), bytes);
      [n, prev] = [n + events.length, hashOf(bytes)];
    };
    await append([{ type: 'room.created', v: 2, commandId: uuid('2222', room), by: owner, data: { kind: 'public', history: 'all', createdBy: owner } }]);
    const own = Math.floor(((room + 1) * lines) / rooms) - Math.floor((room * lines) / rooms);
    while (ordinal < own) {
      const events = await Promise.all(Array.from({ length: Math.min(linesPerCommit, own - ordinal) }, (_, index) => post(sealer, aggregate, room * lines + ordinal + index, ordinal + index + 1, authors)));
      await append(events);
      ordinal += events.length;
    }
  };
  for (let first = 0; first < rooms; first += inFlight) await Promise.all(Array.from({ length: Math.min(inFlight, rooms - first) }, (_, index) => write(first + index)));
  return lines + rooms;
}

async function post(sealer: ContentSealer, aggregate: AggregateRef, number: number, ordinal: number, authors: number): Promise<StoredEvent> {
  const author = uuid('3333', number % authors);
  const commandId = uuid('4444', number);
  const text = Array.from({ length: 6 + (number % 14) }, (_, index) => words[(number * 7 + index * 5) % words.length]).join(' ');
  const sealed = await sealer.seal({ ...aggregate, commandId, index: 0, type: 'message.posted' }, author, { text });
  const data = { messageId: commandId, author, ordinal, hasLink: false, mentions: [], sentAt: at, source: { name: 'bench', line: ordinal } };
  return { type: 'message.posted', v: 2, commandId, by: 'system', data, sealed };
}
