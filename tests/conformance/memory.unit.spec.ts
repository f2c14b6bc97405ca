import { createMemoryLog } from '@parley/kernel/event-store/memory-log';
import { eventStoreContract } from './event-store.contract.ts';

const log = createMemoryLog();
eventStoreContract('the log in memory', () => log);
