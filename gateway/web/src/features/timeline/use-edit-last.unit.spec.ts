import { initialState, type ClientState } from '@parley/client/state';
import type { OutboxEntry } from '@parley/client/outbox-entry';
import type { MessageView } from '@parley/contracts/queries/views';
import { describe, expect, it } from 'vitest';
import { lastOwn } from './use-edit-last.ts';

const roomId = 'r1';
const message = (ordinal: number, author: string, more: Partial<MessageView> = {}) =>
  ({ roomId, messageId: `m${ordinal}`, ordinal, author, state: 'shown', text: `text ${ordinal}`, reactions: [], ...more }) as unknown as MessageView;
const posting = (key: string, state: OutboxEntry['state'], to = roomId) =>
  ({ key, id: key, state, createdAtMs: 0, attempts: 0, command: { type: 'post-message', roomId: to, text: `pending ${key}` } }) as unknown as OutboxEntry;
function stateWith(messages: readonly MessageView[], outbox: readonly OutboxEntry[] = []): ClientState {
  const entry = { room: { ordinal: messages.length }, pages: [{ index: 0, messages, notes: [] }] };
  return { ...initialState, me: 'me', rooms: new Map([[roomId, entry]]), outbox } as unknown as ClientState;
}
const editing = (found: ReturnType<typeof lastOwn>) => (found.found === 'mode' && found.mode.type === 'edit' ? found.mode.message.messageId : found.found);

describe('the last own message', () => {
  it('is the newest of mine that is shown', () => {
    expect(editing(lastOwn(stateWith([message(1, 'me'), message(2, 'me'), message(3, 'you')]), roomId))).toBe('m2');
    expect(editing(lastOwn(stateWith([message(1, 'me'), message(2, 'me', { state: 'redacted', text: null })]), roomId))).toBe('m1');
    expect(editing(lastOwn(stateWith([message(1, 'you')]), roomId))).toBe('nothing');
  });
  it('is never an older one while a newer one is under way', () => {
    expect(lastOwn(stateWith([message(1, 'me')], [posting('p', 'sent')]), roomId)).toEqual({ found: 'under-way' });
    expect(lastOwn(stateWith([message(1, 'me')], [posting('p', 'queued')]), roomId)).toEqual({ found: 'under-way' });
    expect(editing(lastOwn(stateWith([message(1, 'me')], [posting('p', 'sent', 'another room')]), roomId))).toBe('m1');
  });
  it('is written anew where it was refused', () => {
    expect(lastOwn(stateWith([message(1, 'me')], [posting('p', 'failed')]), roomId)).toEqual({ found: 'mode', mode: { type: 'rewrite', key: 'p', text: 'pending p' } });
  });
  it('is begun with the text of an edit that is still under way', () => {
    const edit = { key: 'e', id: 'e', state: 'sent', createdAtMs: 0, attempts: 0, command: { type: 'edit-message', roomId, target: { messageId: 'm1', n: 1, seq: 1 }, text: 'newer' } } as unknown as OutboxEntry;
    const found = lastOwn(stateWith([message(1, 'me')], [edit]), roomId);
    expect(found.found === 'mode' && found.mode.type === 'edit' && found.mode.message.text).toBe('newer');
  });
});
