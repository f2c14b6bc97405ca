import { z } from 'zod';
import { type CommandOf, defineCommand } from '../envelope/define.ts';
import { ClaimId, UserId } from '../ids.ts';
import { storableLine } from '../text.ts';
import { UserName, userStatusCharsMax } from './events.ts';

const kind = 'user' as const;
const userId = UserId;

/** `claimId` is filled in by command-service: only it knows the pepper. */
export const startRegistration = defineCommand('start-registration', {
  kind, content: ['name'], summary: 'Begin to register a person under a name.', body: z.strictObject({ userId, name: UserName, claimId: ClaimId.optional() }),
});
export const finishRegistration = defineCommand('finish-registration', {
  kind, summary: 'The name was claimed (or was not).', body: z.strictObject({ userId, claimId: ClaimId, claimed: z.boolean() }),
});
export const registerGuest = defineCommand('register-guest', {
  kind, summary: 'Register a guest under the next number.', body: z.strictObject({ userId, number: z.int().min(1) }),
});
export const importUser = defineCommand('import-user', {
  kind, content: ['name'], summary: 'Register an author of an archive.', body: z.strictObject({ userId, source: z.string().max(64), name: UserName }),
});
export const renameUser = defineCommand('rename-user', {
  kind, content: ['name'], summary: 'Change one’s own name.', route: { method: 'PUT', path: '/v1/me/name' },
  body: z.strictObject({ userId: UserId.optional(), name: UserName, claimId: ClaimId.optional() }),
});
export const finishRename = defineCommand('finish-rename', {
  kind, summary: 'The new name was claimed (or was not).', body: z.strictObject({ userId, claimId: ClaimId, claimed: z.boolean() }),
});
export const setUserStatus = defineCommand('set-user-status', {
  kind, content: ['text', 'emoji'], summary: 'Say how one is; empty clears it.', route: { method: 'PUT', path: '/v1/me/status' },
  body: z.strictObject({ userId: UserId.optional(), text: storableLine(userStatusCharsMax, 0), emoji: storableLine(32, 0).default('') }),
});
export const startErasure = defineCommand('start-erasure', { kind, summary: 'Begin to forget a person.', body: z.strictObject({ userId }) });
export const finishErasure = defineCommand('finish-erasure', { kind, summary: 'The person’s words can be read nowhere any more.', body: z.strictObject({ userId }) });

export const userCommands = [
  startRegistration, finishRegistration, registerGuest, importUser, renameUser, finishRename, setUserStatus, startErasure, finishErasure,
] as const;
export type UserCommand = CommandOf<(typeof userCommands)[number]>;
