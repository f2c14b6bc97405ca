import { ProblemError } from '@parley/client/problem-error';
import { renewSession, signIn } from '@parley/client/http';
import { problem } from '@parley/contracts/problems/codes';
import type { Session } from '@parley/contracts/realtime/session';
import { create } from 'zustand';
import { isRecord, readStored, writeStored } from '../lib/storage.ts';

const key = 'parley.session';
/** A token is renewed when less than this is left of it. */
const renewBeforeMs = 60_000;

type SessionState = { readonly session: Session | undefined; /** The last session ended against the person's will. */ readonly expired: boolean };

function stored(): Session | undefined {
  const value = readStored(key);
  return isRecord(value) && typeof value['token'] === 'string' && typeof value['userId'] === 'string' && typeof value['name'] === 'string' ? (value as unknown as Session) : undefined;
}

/** Who is signed in on this browser. */
export const useSession = create<SessionState>(() => ({ session: stored(), expired: false }));

// All tabs of a browser belong to one person: who signs out, or in as somebody else, does so in all of them.
addEventListener('storage', (event) => {
  if (event.key === key || event.key === null) useSession.setState({ session: stored(), expired: false });
});

function keep(session: Session | undefined, expired = false): void {
  writeStored(key, session);
  useSession.setState({ session, expired });
}

/** Signs in by name, or as a guest without one. Rejects with ProblemError. */
export async function enter(name: string | undefined): Promise<void> {
  keep(await signIn(location.origin, name === undefined ? { guest: true } : { name }));
}

/** The person has another name now, by which they sign in from now on. */
export function rename(name: string): void {
  const { session } = useSession.getState();
  if (session && session.name !== name) keep({ ...session, name });
}

export const leave = (): void => keep(undefined);
/** The service no longer knows the session: what was typed stays, the person signs in again. */
export const expire = (): void => keep(undefined, true);

/**
 * The token for a connection or a query. Named people get a new one when theirs ends or was refused; a guest has
 * nothing but their token to prove who they are, so only one that still counts gets them another; whether it does is for
 * the service to say, because this device's clock may be hours off. Rejects with ProblemError.
 */
export async function currentToken(refresh: boolean): Promise<string> {
  const { session } = useSession.getState();
  if (!session) throw new ProblemError(problem('unauthenticated'));
  if (!refresh && session.expiresAt - Date.now() > renewBeforeMs) return session.token;
  return (await renew(session)).token;
}

let renewing: Promise<Session> | undefined;

/** Many queries may meet the end of a token in one moment; one of them renews it for all. The name may be somebody else's by now. */
function renew({ kind, name, token, userId }: Session): Promise<Session> {
  renewing ??= (kind === 'guest' ? renewSession(location.origin, token) : signIn(location.origin, { name, userId }))
    .then((session) => {
      // Another tab may have signed out meanwhile, or in as somebody else.
      if (useSession.getState().session?.userId === userId) keep(session);
      return session;
    })
    .finally(() => {
      renewing = undefined;
    });
  return renewing;
}
