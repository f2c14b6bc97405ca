import { createClient } from '@parley/client/client';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { useEffect, useState } from 'react';
import { Shell } from './features/shell/shell.tsx';
import { SignIn } from './features/sign-in/sign-in.tsx';
import { ChatProvider } from './sync/chat.tsx';
import { browserOutbox } from './sync/outbox-store.ts';
import { currentToken, expire, rename, useSession } from './sync/session.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';

const signedOutCodes: ReadonlySet<number> = new Set([closeCodes.unauthenticated, closeCodes.forbidden]);

/** Signed out, or in a chat that lasts as long as the person stays the same. */
export function App() {
  const userId = useSession((state) => state.session?.userId);
  return <ErrorBoundary>{userId === undefined ? <SignIn /> : <SignedIn key={userId} userId={userId} />}</ErrorBoundary>;
}

function SignedIn({ userId }: { readonly userId: string }) {
  const [client] = useState(() => createClient({ url: location.origin, getToken: currentToken, storage: browserOutbox(userId), name: 'web' }));
  useEffect(() => {
    client.connect();
    const stop = client.state.subscribe(() => {
      const { connection, me, users } = client.state.getSnapshot();
      const name = me === null ? undefined : users.get(me)?.name;
      if (name && me === userId) rename(name);
      // Coming back the same way cannot help; what was typed is kept as drafts and in the outbox.
      if (connection.state === 'closed' && signedOutCodes.has(connection.code)) expire();
    });
    // Only a hint that trying may help now; whether there is a connection is the client's to say.
    const retry = (): void => client.retryNow();
    addEventListener('online', retry);
    return () => {
      removeEventListener('online', retry);
      stop();
      client.close().catch(() => undefined);
    };
  }, [client, userId]);
  return <ChatProvider chat={client}><Shell /></ChatProvider>;
}
