import { problem } from '@parley/contracts/problems/codes';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import type { Aggregates } from '@parley/kernel/event-store/repository';
import { logger } from '@parley/kernel/telemetry/log';
import type { AggregateTurn, Entry } from './turns.ts';

/** Gives each command of a turn to its aggregate's queue, in order, and each answer back; `then` may go on from an answer. */
export function handOver(aggregates: Pick<Aggregates, 'execute'>, { aggregate, entries }: AggregateTurn, then?: (entry: Entry, reply: CommandReply) => Promise<CommandReply>): void {
  for (const entry of entries) {
    const decided = aggregates.execute(aggregate, entry.prepared);
    const answered = then ? decided.then((reply) => then(entry, reply)) : decided;
    answered.then(entry.reply, (error: unknown) => {
      logger('command-service').error({ err: error, command: entry.prepared.type }, 'a command could not be answered');
      entry.reply({ ok: false, problem: problem('internal') });
    });
  }
}
