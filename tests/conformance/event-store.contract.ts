import { describe } from 'vitest';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { answersContract } from './answers.contract.ts';
import { boundsContract } from './bounds.contract.ts';
import { historyContract } from './history.contract.ts';
import { outcomesContract } from './outcomes.contract.ts';
import { portContract } from './port.contract.ts';

/**
 * What every event log must do, and what the write side must make of it whatever goes wrong. The same cases run on
 * the log in memory, on one server and on a cluster of three. `log` is called when a case runs.
 */
export function eventStoreContract(name: string, log: () => EventLog): void {
  describe(`event store on ${name}`, () => {
    portContract(log);
    outcomesContract(log);
    answersContract(log);
    boundsContract(log);
    historyContract(log);
  });
}
