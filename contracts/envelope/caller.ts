import { z } from 'zod';
import { UserId } from '../ids.ts';

/** Who asks. Made by the gateway from a verified token, by the CLI for an operator; never taken from a client's body. */
export const Caller = z.strictObject({
  userId: z.union([UserId, z.literal('system')]),
  kind: z.enum(['user', 'guest', 'operator', 'system']),
});
export type Caller = z.infer<typeof Caller>;
