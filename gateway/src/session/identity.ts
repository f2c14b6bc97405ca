import type { Problem } from '@parley/contracts/problems/codes';
import type { SignIn } from '@parley/contracts/realtime/session';
import type { Bearer } from './tokens.ts';

export type Identified = { readonly ok: true; readonly bearer: Bearer; /** How far a reader must be to see this person. */ readonly cursor?: string } | { readonly ok: false; readonly problem: Problem };

/** Says who somebody is. The one door behind which passwords and other providers come later. */
export type IdentityProvider = {
  identify(signIn: SignIn): Promise<Identified>;
  /** Whether a person is known to have been erased: their session goes no further. While nobody can tell, they were not. */
  isErased(userId: string): Promise<boolean>;
};
