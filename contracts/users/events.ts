import { z } from 'zod';
import { defineEvent, type EventOf } from '../envelope/define.ts';
import { ClaimId } from '../ids.ts';
import { storableLine } from '../text.ts';

export const userNameCharsMax = 40;
export const userStatusCharsMax = 100;
export const UserName = storableLine(userNameCharsMax);

/** A name is claimed in an aggregate of its own; every unfinished claim is rolled forward, never timed out. */
export const registrationStarted = defineEvent('user.registration-started', 1, z.object({ claimId: ClaimId }), z.object({ name: UserName }));
export const userRegistered = defineEvent('user.registered', 1, z.object({ claimId: ClaimId }));
export const registrationRefused = defineEvent('user.registration-refused', 1, z.object({ claimId: ClaimId }));
export const guestRegistered = defineEvent('user.guest-registered', 1, z.object({ number: z.int().min(1) }));
/** An author of an imported archive: has a name, claims none, cannot sign in. */
export const userImported = defineEvent('user.imported', 1, z.object({ source: z.string() }), z.object({ name: UserName }));
export const renameStarted = defineEvent('user.rename-started', 1, z.object({ claimId: ClaimId }), z.object({ name: UserName }));
export const userRenamed = defineEvent('user.renamed', 1, z.object({ claimId: ClaimId, releasedClaimId: ClaimId.optional() }));
export const renameRefused = defineEvent('user.rename-refused', 1, z.object({ claimId: ClaimId }));
export const userStatusSet = defineEvent('user.status-set', 1, z.object({}), z.object({ text: storableLine(userStatusCharsMax, 0), emoji: storableLine(32, 0) }));
/** A person is being forgotten: nothing of theirs is decided any more, and what was said is about to become unreadable. */
export const userErasureStarted = defineEvent('user.erasure-started', 1, z.object({}));
/** What the person said, and their name, can be read nowhere any more; who holds a copy drops it. */
export const userErased = defineEvent('user.erased', 1, z.object({}));

export const userEvents = [
  registrationStarted, userRegistered, registrationRefused, guestRegistered, userImported,
  renameStarted, userRenamed, renameRefused, userStatusSet, userErasureStarted, userErased,
] as const;
export type UserEvent = EventOf<(typeof userEvents)[number]>;
