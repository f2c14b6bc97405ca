import type { OutboxRecord, OutboxStore } from '@parley/client/outbox-entry';
import { openDB } from 'idb';

/**
 * What was sent and not yet confirmed, on this device, per person: it survives a reload and a crash of the browser.
 * Where the browser refuses storage, memory must do.
 */
export function browserOutbox(userId: string): OutboxStore {
  const opened = openDB(`parley-${userId}`, 1, {
    upgrade(database) {
      database.createObjectStore('outbox', { keyPath: 'key' });
    },
  });
  return {
    load: async () => (await (await opened).getAll('outbox')) as OutboxRecord[],
    put: async (record) => {
      await (await opened).put('outbox', record);
    },
    delete: async (recordKey) => {
      await (await opened).delete('outbox', recordKey);
    },
  };
}
