import { setTimeout as pause } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { createUuidV7 } from '@parley/client/uuidv7';
import { commandDeadlineMs } from '@parley/contracts/envelope/limits';
import type { CommandId } from '@parley/contracts/ids';
import { problems } from '@parley/contracts/problems/codes';
import { aggregateOf, type Command } from '@parley/contracts/registry/commands';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { watchMembers } from '@parley/kernel/routing/members';
import { createCommandSender } from '@parley/kernel/routing/send-command';
import { CliError, exitCodes } from './exit-codes.ts';

/** Ids without their brand: everything is parsed again by command-service. */
type Plain<T> = T extends string ? (keyof T extends keyof string ? T : string) : T extends readonly (infer U)[] ? readonly Plain<U>[] : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
export type PlainCommand = Plain<Command>;

/** Sends commands in the operator's name. */
export type Operator = {
  /**
   * Sends a command and repeats it under the same id while that may help, for at most a minute. Returns the refusal
   * if there is one; throws CliError (69) when nobody answers.
   */
  send(command: PlainCommand): Promise<CommandReply>;
  newId(): CommandId;
  close(): Promise<void>;
};

const patienceMs = 60_000;
const pauseMsMin = 100;
const pauseMsMax = 2_000;

export async function openOperator(nc: NatsConnection, signal?: AbortSignal): Promise<Operator> {
  const members = await watchMembers(nc);
  const sender = createCommandSender(nc, members);
  const newId = createUuidV7(Date.now) as () => CommandId;
  return {
    newId,
    close: () => members.stop(),
    async send(command) {
      const id = newId();
      const until = Date.now() + patienceMs;
      for (let waitMs = pauseMsMin; ; waitMs = Math.min(pauseMsMax, waitMs * 2)) {
        signal?.throwIfAborted();
        const reply = await sender.send({ id, command, caller: { userId: 'system', kind: 'operator' }, deadline: Date.now() + commandDeadlineMs }, aggregateOf(command as Command, 'system'));
        if (reply.ok || !problems[reply.problem.code].retry || reply.problem.code === 'storage-full') return reply;
        if (Date.now() > until) throw new CliError(exitCodes.unavailable, `command-service does not take ${command.type}: ${reply.problem.detail ?? reply.problem.title}`, 'What was acknowledged is stored; run the same command again to go on.');
        await pause(reply.problem.retryAfterMs ?? waitMs);
      }
    },
  };
}
