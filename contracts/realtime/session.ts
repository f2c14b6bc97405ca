import { z } from 'zod';
import { UserId } from '../ids.ts';
import { UserName } from '../users/events.ts';

/**
 * Sign-in by name or as a guest. Open by design for now: whoever knows a name may use it. With `userId` a session goes
 * on: only as that person, while the name is theirs, and nobody is registered.
 */
export const SignIn = z.union([
  z.strictObject({ name: UserName, userId: UserId.optional().describe('Go on as this person, whose name it must still be; without it, a name that nobody has is registered.') }),
  z.strictObject({ guest: z.literal(true) }),
]);
export type SignIn = z.infer<typeof SignIn>;
export const Session = z.object({ token: z.string(), expiresAt: z.number(), userId: UserId, name: z.string(), kind: z.enum(['user', 'guest']), cursor: z.string().optional() }).meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;
export const sessionPath = '/v1/session';
export const jwksPath = '/.well-known/jwks.json';
export const socketPath = '/v1/ws';
export const eventsPath = '/v1/events';
