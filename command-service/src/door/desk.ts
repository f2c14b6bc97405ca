import type { CommandBus } from '@nestjs/cqrs';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { problem } from '@parley/contracts/problems/codes';
import type { CommandReply, CommandRequest } from '@parley/contracts/wire/command-request';
import { logger } from '@parley/kernel/telemetry/log';
import { currentTraceparent } from '@parley/kernel/telemetry/trace';
import type { PrepareNeeds } from '../prepare/needs.ts';
import { type Preparation, prepareCommand } from '../prepare/prepare.ts';
import { turnTaken } from '../telemetry.ts';
import { type Entry, turnOf } from '../turns/turns.ts';

export type Desk = {
  /** Prepares a command, has its aggregate decide it, and answers. Never throws; answers at the latest soon after the deadline. */
  handle(request: CommandRequest): Promise<CommandReply>;
};

/** Takes commands from any door, and enters the bus once per aggregate for all that came in the same turn of the event loop. */
export function createDesk(needs: PrepareNeeds, bus: Pick<CommandBus, 'execute'>): Desk {
  const waiting = new Map<string, { readonly aggregate: AggregateRef; readonly entries: Entry[] }>();
  const imports = new Map<string, Promise<void>>();

  const flush = (): void => {
    const turns = [...waiting.values()];
    waiting.clear();
    for (const { aggregate, entries } of turns) {
      turnTaken(aggregate.kind, entries.length);
      const fail = (error: unknown): void => {
        logger('command-service').error({ err: error, kind: aggregate.kind }, 'a turn failed');
        for (const { reply } of entries) reply({ ok: false, problem: problem('internal') });
      };
      try {
        bus.execute(new turnOf[aggregate.kind](aggregate, entries)).catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  };
  const queue = (aggregate: AggregateRef, entry: Entry): void => {
    const key = `${aggregate.kind} ${aggregate.id}`;
    const turn = waiting.get(key);
    if (turn) turn.entries.push(entry);
    else waiting.set(key, { aggregate, entries: [entry] });
    if (waiting.size === 1 && turn === undefined) setImmediate(flush);
  };
  const submit = (preparation: Preparation, reply: Entry['reply']): void => {
    if ('problem' in preparation) return reply({ ok: false, problem: preparation.problem });
    const traceparent = currentTraceparent();
    const { aggregate, command, prepared } = preparation;
    queue(aggregate, { command, prepared: traceparent === undefined ? prepared : { ...prepared, traceparent }, reply });
  };
  const take = async (request: CommandRequest, reply: Entry['reply']): Promise<void> => {
    try {
      submit(await prepareCommand(needs, request), reply);
    } catch (error) {
      logger('command-service').error({ err: error, commandId: request.id }, 'a command could not be prepared');
      reply({ ok: false, problem: problem('internal') });
    }
  };
  /** Lines of a source must be decided in the order in which they came, so batches for a room are prepared one by one. */
  const takeInOrder = (roomId: string, request: CommandRequest, reply: Entry['reply']): Promise<void> => {
    const mine = (imports.get(roomId) ?? Promise.resolve()).then(() => take(request, reply));
    imports.set(roomId, mine);
    return mine.finally(() => {
      if (imports.get(roomId) === mine) imports.delete(roomId);
    });
  };

  return {
    handle: (request) =>
      new Promise((reply, reject) => {
        const roomId = importedInto(request.command);
        (roomId === undefined ? take(request, reply) : takeInOrder(roomId, request, reply)).catch(reject);
      }),
  };
}

function importedInto(command: unknown): string | undefined {
  if (typeof command !== 'object' || command === null) return undefined;
  const { type, roomId } = command as { readonly type?: unknown; readonly roomId?: unknown };
  return type === 'import-messages' && typeof roomId === 'string' ? roomId : undefined;
}
