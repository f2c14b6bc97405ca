import type { OutboxRecord, OutboxStore } from '@parley/client/outbox-entry';
import { type IDBPDatabase, openDB } from 'idb';

/** Async, because some browsers refuse by throwing at once, and some by having nothing to open. */
async function open(userId: string): Promise<IDBPDatabase> {
  return openDB(`parley-${userId}`, 1, {
    upgrade(database) {
      database.createObjectStore('outbox', { keyPath: 'key' });
    },
  });
}

/**
 * What was sent and not yet confirmed, on this device, per person: it survives a reload and a crash of the browser.
 * Where the browser refuses storage every call rejects, and the client goes on from memory.
 */
export function browserOutbox(userId: string): OutboxStore {
  const opened = open(userId);
  opened.catch(() => {});
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
