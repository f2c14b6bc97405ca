import { beforeEach, describe, expect, it } from 'vitest';
import { draftsOf, saveDraft, watchDrafts } from './drafts.ts';

const kept = new Map<string, string>();
beforeEach(() => {
  Object.assign(globalThis, { localStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) } });
});

describe('drafts', () => {
  it('belong to one person and one room, and empty ones are forgotten', () => {
    let told = 0;
    const stop = watchDrafts(() => { told += 1; });
    saveDraft('ann', 'r1', 'half a thought', []);
    saveDraft('ann', 'r2', 'another', []);
    expect(draftsOf('ann')['r1']?.text).toBe('half a thought');
    expect(draftsOf('bob')['r1']).toBeUndefined();
    saveDraft('ann', 'r1', '  ', []);
    expect(Object.keys(draftsOf('ann'))).toEqual(['r2']);
    expect(JSON.parse(kept.get('parley.drafts.ann') ?? '{}')).toHaveProperty('r2');
    expect(told).toBe(3);
    stop();
  });
  it('keep the newest two hundred', () => {
    for (let index = 0; index < 230; index += 1) saveDraft('many', `r${index}`, 'text', [], index);
    const rooms = Object.keys(draftsOf('many'));
    expect(rooms).toHaveLength(200);
    expect(rooms).not.toContain('r0');
    expect(rooms).toContain('r229');
  });
  it('survive what is broken in the storage', () => {
    kept.set('parley.drafts.broken', '{"r1":{"text":5},"r2":{"text":"ok","people":[],"savedAt":1}}');
    expect(Object.keys(draftsOf('broken'))).toEqual(['r2']);
  });
});
