import type { Caller } from '@parley/contracts/envelope/caller';
import { commandDeadlineMs } from '@parley/contracts/envelope/limits';
import { CommandId, UserId } from '@parley/contracts/ids';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import { cursorAt, encodeCursor } from '@parley/contracts/realtime/cursor';
import { aggregateOf, type Command } from '@parley/contracts/registry/commands';
import { streamNames } from '@parley/contracts/wire/partition';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import type { CommandSender } from '@parley/kernel/routing/send-command';
import { v7 as uuidv7 } from 'uuid';
import type { LogEpochs } from '../commands/log-epochs.ts';
import type { Identified, IdentityProvider } from './identity.ts';

/** A registration is carried through by command-service; this is how long its end is awaited, and how often looked for. */
const registrationMsMax = 8_000;
const lookEveryMs = 50;

const system: Caller = { userId: 'system', kind: 'system' };

/**
 * Open by design: whoever names a name is that person, and a new name is registered. Guests get the next number.
 * The write model is asked, never a read model, so a name that was registered a moment ago is known.
 */
export function createOpenIdentity(sender: CommandSender, epochs: LogEpochs): IdentityProvider {
  const run = (command: Command): Promise<CommandReply> =>
    sender.send({ id: CommandId.parse(uuidv7()), command, caller: system, deadline: Date.now() + commandDeadlineMs }, aggregateOf(command, 'system'));
  const cursorOf = async (reply: CommandReply): Promise<{ cursor?: string }> =>
    reply.ok ? { cursor: encodeCursor(cursorAt(await epochs.combined(reply.position), streamNames.indexOf(reply.position.stream), reply.position.seq)) } : {};

  const byName = async (name: string, only: string | undefined): Promise<Identified> => {
    const claim = await sender.ask({ ask: 'claim-of-name', name }, name);
    if (!claim.ok) return claim;
    // Names change hands: whoever goes on with a session must not become somebody else, or somebody new.
    if (only !== undefined && claim.userId !== only) return { ok: false, problem: problem('unauthenticated', { detail: 'The name is no longer that of this person.' }) };
    const claimId = claim.claimId ?? '';
    if (claim.userId !== undefined) return unlessErased(sender, claim.userId, { ok: true, bearer: { userId: UserId.parse(claim.userId), kind: 'user', name } });
    const userId = UserId.parse(uuidv7());
    const started = await run({ type: 'start-registration', userId, name });
    if (!started.ok) return started;
    return awaitRegistration(sender, claimId, userId, name, await cursorOf(started));
  };
  const asGuest = async (): Promise<Identified> => {
    const userId = UserId.parse(uuidv7());
    const taken = await run({ type: 'take-number', counterId: 'guests', userId });
    if (!taken.ok) return taken;
    // The counter has one event per number, so the event's number is the guest's.
    const number = taken.n;
    const registered = await run({ type: 'register-guest', userId, number });
    if (!registered.ok) return registered;
    return { ok: true, bearer: { userId, kind: 'guest', name: `Guest ${number}` }, ...(await cursorOf(registered)) };
  };
  return {
    identify: (signIn) => ('name' in signIn ? byName(signIn.name, signIn.userId) : asGuest()),
    async isErased(userId) {
      const user = await sender.ask({ ask: 'user', userId }, userId);
      return user.ok && wasErased(user.state);
    },
  };
}

/** A name stays with whom it was given to: nobody comes in as a person who was erased. */
async function unlessErased(sender: CommandSender, userId: string, bearer: Identified): Promise<Identified> {
  const user = await sender.ask({ ask: 'user', userId }, userId);
  if (!user.ok) return user;
  return wasErased(user.state) ? { ok: false, problem: problem('erased', { detail: 'The person of this name was erased.' }) } : bearer;
}

const wasErased = (state: string | undefined): boolean => state === 'erasing' || state === 'erased';

/** Waits until the name has an owner: us, or somebody who was faster, whose name it then is for both. */
async function awaitRegistration(sender: CommandSender, claimId: string, userId: string, name: string, extra: { cursor?: string }): Promise<Identified> {
  const giveUpAt = performance.now() + registrationMsMax;
  let last: Problem = problem('timeout', { detail: 'The registration goes on; sign in again in a moment.' });
  while (performance.now() < giveUpAt) {
    const owner = await sender.ask({ ask: 'claim-owner', claimId }, claimId);
    if (owner.ok && owner.userId !== undefined && owner.userId !== userId) return { ok: true, bearer: { userId: UserId.parse(owner.userId), kind: 'user', name } };
    if (owner.ok && owner.userId === userId) {
      const user = await sender.ask({ ask: 'user', userId }, userId);
      if (user.ok && user.state === 'registered') return { ok: true, bearer: { userId: UserId.parse(userId), kind: 'user', name }, ...extra };
    }
    if (!owner.ok) last = owner.problem;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return { ok: false, problem: last };
}
