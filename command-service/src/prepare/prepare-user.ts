import { problem } from '@parley/contracts/problems/codes';
import type { UserCommand } from '@parley/contracts/users/commands';
import { registrationStarted, renameStarted, userImported, userStatusSet } from '@parley/contracts/users/events';
import { claimedForm } from './name-rule.ts';
import type { Asking, BodyOrProblem, PrepareNeeds } from './needs.ts';

/** `userId` is the aggregate's id: the person the command is about. */
export async function prepareUser(needs: PrepareNeeds, asking: Asking, userId: string, command: UserCommand): Promise<BodyOrProblem> {
  switch (command.type) {
    case 'start-registration':
    case 'rename-user': {
      const form = claimedForm(command.name);
      if (form === undefined) return { problem: problem('invalid', { errors: [{ path: 'name', message: 'must have a visible letter' }] }) };
      const claimId = await needs.sealer.claimIdOf(form);
      const type = command.type === 'rename-user' ? renameStarted.type : registrationStarted.type;
      return { command: { type: command.type, userId, claimId }, seals: [await seal(needs, asking, userId, type, { name: command.name })] };
    }
    case 'import-user': {
      const { type, source, name } = command;
      return { command: { type, userId, source }, seals: [await seal(needs, asking, userId, userImported.type, { name })] };
    }
    case 'set-user-status': {
      const { type, text, emoji } = command;
      return { command: { type, userId }, seals: [await seal(needs, asking, userId, userStatusSet.type, { text, emoji })] };
    }
    case 'register-guest':
    case 'finish-registration':
    case 'finish-rename':
    case 'start-erasure':
    case 'finish-erasure':
      return { command: { ...command, userId }, seals: [] };
  }
}

const seal = (needs: PrepareNeeds, { id }: Asking, userId: string, type: string, content: Readonly<Record<string, unknown>>) =>
  needs.sealer.seal({ kind: 'user', id: userId, commandId: id, index: 0, type }, userId, content);
