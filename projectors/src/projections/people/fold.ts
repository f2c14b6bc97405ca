import { guestRegistered, registrationRefused, registrationStarted, renameRefused, renameStarted, userErased, userErasureStarted, userImported, userRegistered, userRenamed, userStatusSet } from '@parley/contracts/users/events';
import { Poison } from '../../runner/failures.ts';
import type { OpenedCommit, OpenedEvent } from '../../runner/projection.ts';

export type PersonRow = {
  user_id: string; kind: 'named' | 'guest' | 'imported'; state: 'pending' | 'active' | 'refused'; name: string | null; pending_name: string | null;
  number: number | null; source: string | null; status_text: string | null; status_emoji: string | null; n: number;
};
export type PeopleRows = Map<string, PersonRow>;

/** What a guest is called: the same in every client, because it is a fact of the row. */
export const guestName = (number: number): string => `Guest ${number}`;

export function foldUserCommit(rows: PeopleRows, { id, events }: OpenedCommit): void {
  for (const event of events) {
    const row = rows.get(id) ?? nobody(id);
    rows.set(id, row);
    row.n = event.n;
    foldUserEvent(row, event);
  }
}

const nobody = (user_id: string): PersonRow => ({
  user_id, kind: 'named', state: 'pending', name: null, pending_name: null, number: null, source: null, status_text: null, status_emoji: null, n: 0,
});

function foldUserEvent(row: PersonRow, { type, data, content }: OpenedEvent): void {
  const text = (field: string): string | null => (typeof content?.[field] === 'string' ? content[field] : null);
  switch (type) {
    case registrationStarted.type:
    case renameStarted.type: row.pending_name = text('name'); return;
    case userRegistered.type:
    case userRenamed.type: Object.assign(row, { kind: 'named', state: 'active', name: row.pending_name, pending_name: null }); return;
    case registrationRefused.type: Object.assign(row, { state: 'refused', pending_name: null }); return;
    case renameRefused.type: row.pending_name = null; return;
    case guestRegistered.type: {
      const number = data['number'] as number;
      Object.assign(row, { kind: 'guest', state: 'active', number, name: guestName(number) });
      return;
    }
    case userImported.type: Object.assign(row, { kind: 'imported', state: 'active', source: data['source'], name: text('name') }); return;
    case userStatusSet.type: {
      const [said, emoji] = [text('text') ?? '', text('emoji') ?? ''];
      const none = said === '' && emoji === '';
      Object.assign(row, { status_text: none ? null : said, status_emoji: none ? null : emoji });
      return;
    }
    case userErasureStarted.type: return;
    case userErased.type: Object.assign(row, { name: null, pending_name: null, status_text: null, status_emoji: null }); return;
    default: throw new Poison('unfolded', type);
  }
}
