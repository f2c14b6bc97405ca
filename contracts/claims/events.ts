import { z } from 'zod';
import { defineEvent, type EventOf } from '../envelope/define.ts';
import { UserId } from '../ids.ts';

export const claimTaken = defineEvent('claim.taken', 1, z.object({ userId: UserId }));
export const claimReleased = defineEvent('claim.released', 1, z.object({ userId: UserId }));
/** The one counter: guest numbers. Holes are allowed. */
export const counterIncremented = defineEvent('counter.incremented', 1, z.object({ value: z.int().min(1), userId: UserId }));

export const claimEvents = [claimTaken, claimReleased, counterIncremented] as const;
export type ClaimEvent = EventOf<typeof claimTaken | typeof claimReleased>;
export type CounterEvent = EventOf<typeof counterIncremented>;
