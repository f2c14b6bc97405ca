import { z } from 'zod';
import { type CommandOf, defineCommand } from '../envelope/define.ts';
import { ClaimId, UserId } from '../ids.ts';

export const takeClaim = defineCommand('take-claim', { kind: 'claim', summary: 'Take a name for a person.', body: z.strictObject({ claimId: ClaimId, userId: UserId }) });
export const releaseClaim = defineCommand('release-claim', { kind: 'claim', summary: 'Give a name back; only its owner can.', body: z.strictObject({ claimId: ClaimId, userId: UserId }) });
export const takeNumber = defineCommand('take-number', { kind: 'counter', summary: 'Take the next guest number.', body: z.strictObject({ counterId: z.literal('guests'), userId: UserId }) });

export const claimCommands = [takeClaim, releaseClaim, takeNumber] as const;
export type ClaimCommand = CommandOf<typeof takeClaim | typeof releaseClaim>;
export type CounterCommand = CommandOf<typeof takeNumber>;
