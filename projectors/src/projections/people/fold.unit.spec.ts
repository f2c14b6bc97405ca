import { expect, test } from 'vitest';
import { foldUserCommit, type PeopleRows } from './fold.ts';

const ann = '01900000-0000-7000-8000-000000000001';
type Told = [type: string, data: Record<string, unknown>, content?: Record<string, unknown> | null];

function fold(...told: Told[]) {
  const rows: PeopleRows = new Map();
  const events = told.map(([type, data, content], index) => ({ type, n: index + 1, by: ann, commandId: ann, data, ...(content !== undefined && { content }) }));
  foldUserCommit(rows, { seq: 1, kind: 'user', id: ann, n: 1, at: '2026-01-01T00:00:00.000Z', prev: '', hash: '', events });
  return rows.get(ann);
}
const begun: Told = ['user.registration-started', {}, { name: 'Ann' }];
const registered: Told[] = [begun, ['user.registered', {}]];

test('a name counts once it is claimed', () => {
  expect(fold(begun)).toMatchObject({ state: 'pending', name: null, pending_name: 'Ann' });
  expect(fold(...registered)).toMatchObject({ state: 'active', kind: 'named', name: 'Ann', pending_name: null });
  expect(fold(...registered, ['user.rename-started', {}, { name: 'Anna' }])).toMatchObject({ name: 'Ann' });
  expect(fold(...registered, ['user.rename-started', {}, { name: 'Anna' }], ['user.renamed', {}])).toMatchObject({ name: 'Anna' });
  expect(fold(...registered, ['user.rename-started', {}, { name: 'Anna' }], ['user.rename-refused', {}])).toMatchObject({ name: 'Ann', pending_name: null });
  expect(fold(begun, ['user.registration-refused', {}])).toMatchObject({ state: 'refused', name: null, pending_name: null });
});

test('an erased name is null and the person stays', () => {
  expect(fold(['user.registration-started', {}, null], ['user.registered', {}])).toMatchObject({ state: 'active', name: null });
});

test('guests are called by their number, imported authors by their name', () => {
  expect(fold(['user.guest-registered', { number: 7 }])).toMatchObject({ kind: 'guest', name: 'Guest 7', state: 'active' });
  expect(fold(['user.imported', { source: 'irc' }, { name: 'lamont' }])).toMatchObject({ kind: 'imported', name: 'lamont', source: 'irc', state: 'active' });
});

test('an empty status is none', () => {
  expect(fold(...registered, ['user.status-set', {}, { text: '', emoji: '☕' }])).toMatchObject({ status_text: '', status_emoji: '☕' });
  expect(fold(...registered, ['user.status-set', {}, { text: 'x', emoji: '' }], ['user.status-set', {}, { text: '', emoji: '' }])).toMatchObject({ status_text: null, status_emoji: null });
});

test('whoever was erased keeps their place, without a name or status, as when all was unreadable from the beginning', () => {
  const status: Told = ['user.status-set', {}, { text: 'x', emoji: '☕' }];
  const erased: Told[] = [['user.erasure-started', {}], ['user.erased', {}]];
  const rebuilt = fold(['user.registration-started', {}, null], ['user.registered', {}], ['user.status-set', {}, null], ...erased);
  expect(fold(...registered, status, ...erased)).toEqual(rebuilt);
  expect(rebuilt).toMatchObject({ state: 'active', name: null, status_text: null, n: 5 });
});
