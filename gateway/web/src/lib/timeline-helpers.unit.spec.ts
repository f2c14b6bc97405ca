import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import { describe, expect, it } from 'vitest';
import { dayKey, dayLabel, msToMidnight } from './days.ts';
import { layoutRow } from './row-layout.ts';

const message = (ordinal: number, at: string, more: Partial<MessageView> = {}): MessageView =>
  ({ ordinal, at, sentAt: null, author: 'a', replyTo: null, ...more }) as MessageView;
const zone = 'Asia/Seoul';
const layout = (now: MessageView, before: MessageView | undefined, more: { notes?: readonly NoteView[]; unreadOrdinal?: number; first?: boolean } = {}) =>
  layoutRow(now, before, { first: false, notes: [], zone, ...more });

describe('rows', () => {
  const first = message(1, '2026-03-01T10:00:00Z');
  it('groups one author within five minutes of one local day', () => {
    expect(layout(message(2, '2026-03-01T10:05:00Z'), first)).toEqual({ day: false, unread: false, grouped: true });
    expect(layout(message(2, '2026-03-01T10:05:01Z'), first).grouped).toBe(false);
    expect(layout(message(2, '2026-03-01T10:01:00Z', { author: 'b' as MessageView['author'] }), first).grouped).toBe(false);
    expect(layout(message(2, '2026-03-01T10:01:00Z'), first, { notes: [{} as NoteView] }).grouped).toBe(false);
    expect(layout(message(2, '2026-03-01T10:01:00Z'), first, { unreadOrdinal: 2 })).toEqual({ day: false, unread: true, grouped: false });
  });
  it('divides days in the zone of the reader', () => {
    const late = message(1, '2026-03-01T14:59:00Z');
    const early = message(2, '2026-03-01T15:00:00Z');
    expect(layout(early, late).day).toBe(true);
    expect(layoutRow(early, late, { first: false, notes: [], zone: 'UTC' }).day).toBe(false);
  });
  it('uses when it was said, for imported messages', () => {
    const imported = message(2, '2026-03-01T10:00:01Z', { sentAt: '2008-05-01T12:00:00Z' });
    expect(layout(imported, first).day).toBe(true);
  });
  it('puts a divider above the very first message, none where the one before is not loaded', () => {
    expect(layout(first, undefined, { first: true }).day).toBe(true);
    expect(layout(first, undefined).day).toBe(false);
  });
});

describe('days', () => {
  it('names today and yesterday', () => {
    const now = Date.parse('2026-03-02T01:00:00Z');
    expect(dayLabel('2026-03-02T00:10:00Z', now, 'en', zone)).toBe('Today');
    expect(dayLabel('2026-03-01T10:00:00Z', now, 'ko', zone)).toBe('어제');
    expect(dayLabel('2026-01-05T10:00:00Z', now, 'en', zone)).toBe('Monday, January 5');
    expect(dayLabel('2008-05-01T12:00:00Z', now, 'ko', zone)).toContain('2008');
  });
  it('finds the next change of day', () => {
    const now = Date.parse('2026-03-02T14:00:00Z');
    const change = new Date(now + msToMidnight(now, zone)).toISOString();
    expect(dayKey(change, zone)).toBe('2026-03-03');
    expect(Math.abs(msToMidnight(now, zone) - 3_600_000)).toBeLessThan(1_000);
  });
});
