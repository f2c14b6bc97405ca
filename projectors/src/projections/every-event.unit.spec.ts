import { readdirSync, readFileSync } from 'node:fs';
import type { AggregateKind, StoredEvent } from '@parley/contracts/envelope/commit';
import { events, upcast } from '@parley/contracts/registry/events';
import { expect, test } from 'vitest';
import type { AnyProjection, OpenedCommit } from '../runner/projection.ts';
import { conversations } from './conversations/projection.ts';
import { emptyRows, messageKey, type MessageRow } from './conversations/rows.ts';
import { markers } from './markers/projection.ts';
import { people } from './people/projection.ts';

const folder = new URL('../../../contracts/fixtures/', import.meta.url);
const fixtures = readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as StoredEvent] as const);
const projections: readonly AnyProjection[] = [conversations(), people, markers];
/** Nobody reads these: names are claimed in the write model alone. */
const unread: ReadonlySet<string> = new Set(['claim', 'counter']);

const kindOf = (type: string): AggregateKind => (type.startsWith('message.') ? 'room' : type.split('.')[0]) as AggregateKind;
const commitOf = (kind: AggregateKind, stored: StoredEvent, n: number): OpenedCommit => ({
  seq: 1, kind, id: 'kitchen', n, at: '2026-01-01T00:00:00.000Z', prev: '', hash: '', events: [{ ...stored, n, content: { text: 'text', name: 'name', topic: 'topic', emoji: '' } }],
});

/** Rows in which every fixture can happen: a room with the message that they speak of. */
function rowsFor(kind: AggregateKind, type: string): unknown {
  if (kind !== 'room') return new Map();
  const rows = emptyRows();
  if (type === 'room.created') return rows;
  const made = fixtures.find(([file]) => file === 'room.created.v2.json')![1];
  const posted = fixtures.find(([file]) => file === 'message.posted.v2.json')![1];
  conversations().fold(rows, commitOf('room', made, 1));
  rows.messages.set(messageKey('kitchen', 3), { room_id: 'kitchen', n: 3, message_id: posted.data['messageId'], state: 'shown', text: 'text', edited_at: null } as MessageRow);
  return rows;
}

test.each(fixtures.filter(([, { type }]) => !unread.has(kindOf(type))))('%s becomes rows', (_file, stored) => {
  const kind = kindOf(stored.type);
  const projection = projections.find(({ kinds }) => kinds.includes(kind))!;
  expect(() => projection.fold(rowsFor(kind, stored.type), commitOf(kind, upcast(stored), stored.type === 'room.created' ? 1 : 9))).not.toThrow();
});

test('every event of the contracts has a fixture to be tried with', () => {
  const tried = new Set(fixtures.map(([, { type }]) => type));
  expect(events.map(({ type }) => type).filter((type) => !tried.has(type))).toEqual([]);
});
