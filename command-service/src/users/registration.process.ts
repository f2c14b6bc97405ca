import { randomUUID } from 'node:crypto';
import type { CommandId, UserId } from '@parley/contracts/ids';
import { problem } from '@parley/contracts/problems/codes';
import { aggregateOf, type Command } from '@parley/contracts/registry/commands';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { CommandReply, CommandRequest } from '@parley/contracts/wire/command-request';
import { derivedId } from '../prepare/derived-id.ts';
import type { WriteModel } from '../write-model.ts';

/** Sends a command to whichever instance serves its aggregate. */
export type Send = (request: CommandRequest, aggregate: AggregateRef) => Promise<CommandReply>;

export type RegistrationNeeds = { readonly send: Send; readonly model: Pick<WriteModel, 'user'> };

/** A name that somebody began to take: what goes on must be known from the log alone. */
export type Started = {
  readonly what: 'registration' | 'rename';
  readonly userId: string;
  readonly claimId: string;
  /** Command and time of the event that began it: ids of all further steps follow from them. */
  readonly commandId: string;
  readonly atMs: number;
};

export type Cause = { readonly commandId: string; readonly atMs: number };

export type RegistrationProcess = {
  /**
   * Goes on from a stored start to its end, whoever went how far before: every step is decided by what its aggregate
   * holds, so repeating one changes nothing. The answer is the finish's: `name-taken` when somebody has the name.
   * @param deadlineMs instant (milliseconds since 1970) after which nobody waits
   */
  rollForward(started: Started, deadlineMs: number): Promise<CommandReply>;
  /** Gives back a name that the person's log no longer speaks of; undefined, and nothing done, if it does. */
  release(userId: string, claimId: string, cause: Cause, deadlineMs: number): Promise<CommandReply | undefined>;
};

/**
 * Names are unique across people, and no two aggregates share a transaction. So: the person's log says what it wants,
 * the name's log says who has it, the person's log says how it ended. Always forward; nothing ever times out,
 * because a name that expired in one process's eyes may be held in another's.
 */
export function createRegistrationProcess({ send, model }: RegistrationNeeds): RegistrationProcess {
  const step = async (command: Command, id: CommandId, deadline: number): Promise<CommandReply> => {
    const request = (as: CommandId): CommandRequest => ({ id: as, command, caller: { userId: 'system', kind: 'system' }, deadline });
    const aggregate = aggregateOf(command, 'system');
    const reply = await send(request(id), aggregate);
    // A step taken up again after a day is new to its aggregate or done; its rule tells, so another id is as good.
    const again = !reply.ok && (reply.problem.code === 'id-too-old' || reply.problem.code === 'id-reused');
    return again ? send(request(derivedId(Date.now(), randomUUID(), 'again')), aggregate) : reply;
  };
  const release: RegistrationProcess['release'] = async (userId, claimId, { commandId, atMs }, deadlineMs) => {
    const { state } = await model.user(userId);
    const pending = state.phase === 'registering' || state.phase === 'registered' ? state.pending?.claimId : undefined;
    // Somebody who came back to an old name holds it again, however late this is.
    if (pending === claimId || (state.phase === 'registered' && state.claimId === claimId)) return undefined;
    return step({ type: 'release-claim', claimId, userId } as Command, derivedId(atMs, commandId, `release ${claimId}`), deadlineMs);
  };

  return {
    release,
    async rollForward(started, deadlineMs) {
      const { what, userId, claimId, commandId, atMs } = started;
      const { state: before } = await model.user(userId);
      const take = await step({ type: 'take-claim', claimId, userId } as Command, derivedId(atMs, commandId, 'take'), deadlineMs);
      if (!take.ok && take.problem.code !== 'name-taken') return take;
      const claimed = take.ok;
      const finishing = { type: what === 'rename' ? 'finish-rename' : 'finish-registration', userId: userId as UserId, claimId, claimed } as Command;
      const finish = await step(finishing, derivedId(atMs, commandId, claimed ? 'claimed' : 'refused'), deadlineMs);
      if (!finish.ok) {
        // It had ended without the name, which came too late: back it goes.
        if (claimed && finish.problem.code === 'name-taken') await release(userId, claimId, started, deadlineMs);
        return finish;
      }
      if (!claimed) return { ok: false, problem: problem('name-taken') };
      // Only the name that this very change replaced: a change that was over before has nothing left to give back.
      const replaced = before.phase === 'registered' && before.pending?.claimId === claimId ? before.claimId : claimId;
      if (replaced !== claimId) await release(userId, replaced, started, deadlineMs);
      return finish;
    },
  };
}
