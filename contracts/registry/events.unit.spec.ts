import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../envelope/commit.ts';
import { eventDefinition, events, UnknownEvent, upcast } from './events.ts';
import { compareReleases, forOldestReader } from './writing.ts';

const folder = new URL('../fixtures/', import.meta.url);
const files = readdirSync(folder);
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as StoredEvent;

describe('every event version ever written stays readable', () => {
  test.each(files)('%s', (file) => {
    const raised = upcast(read(file));
    expect(raised.v).toBe(eventDefinition(raised.type)?.v);
    eventDefinition(raised.type)?.data.parse(raised.data);
  });

  test.each(events.flatMap(({ type, v }) => Array.from({ length: v }, (_, index) => `${type}.v${index + 1}.json`)))('%s has a fixture', (file) => {
    expect(files).toContain(file);
  });
});

describe('a newer event', () => {
  test('of an unknown type is never skipped', () => expect(() => upcast({ ...read('room.archived.v1.json'), type: 'room.frozen' })).toThrow(UnknownEvent));
  test('of an unknown version is never skipped', () => expect(() => upcast({ ...read('room.archived.v1.json'), v: 2 })).toThrow(UnknownEvent));
});

describe('a change of shape is released in two phases', () => {
  const written = read('room.created.v2.json');
  const all = { ...written, data: { ...written.data, history: 'all' } };

  test('while a release that cannot read v2 is alive, v1 is written', () => {
    const stored = forOldestReader(all, '0.0.9');
    expect(stored).toEqual({ ...all, v: 1, data: { kind: 'public', createdBy: written.data['createdBy'] } });
    expect(upcast(stored)).toEqual(all);
  });
  test('once all can read it, v2 is written', () => expect(forOldestReader(all, '0.1.0')).toBe(all));
  test('what v1 cannot say is never lost by writing v1', () => expect(forOldestReader(written, '0.0.9')).toBe(written));
  test('releases compare by number, not by letter', () => expect(compareReleases('0.10.0', '0.9.1')).toBeGreaterThan(0));
});
