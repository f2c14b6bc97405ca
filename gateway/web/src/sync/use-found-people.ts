import type { Problem } from '@parley/contracts/problems/codes';
import type { UserView } from '@parley/contracts/queries/views';
import { useEffect, useState } from 'react';
import { useChat } from './chat.tsx';
import { troubleOf } from './trouble.ts';

const waitMs = 150;
const foundMax = 30;
const nameCharsMax = 40;
const nobody: readonly UserView[] = [];

export type FoundPeople = { readonly found: readonly UserView[]; readonly trouble: Problem | undefined; readonly searching: boolean };

/** People by the beginning of their name, as the service finds them a moment after the last key: anywhere, or among the members of a room. An empty query asks nothing. */
export function useFoundPeople(query: string, roomId?: string): FoundPeople {
  const chat = useChat();
  const [answer, setAnswer] = useState<{ readonly query: string; readonly users: readonly UserView[] }>({ query: '', users: nobody });
  const [trouble, setTrouble] = useState<Problem>();
  const wanted = query.trim().slice(0, nameCharsMax);
  useEffect(() => {
    if (wanted === '') return undefined;
    let alive = true;
    const timer = setTimeout(() => {
      chat.queries.users({ name: wanted, limit: foundMax, ...(roomId !== undefined && { room: roomId }) }).then(
        ({ data }) => {
          if (!alive) return;
          setTrouble(undefined);
          setAnswer({ query: wanted, users: data.users });
        },
        (error: unknown) => alive && setTrouble(troubleOf(error)),
      );
    }, waitMs);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [chat, wanted, roomId]);
  return { found: answer.users, trouble, searching: wanted !== '' && answer.query !== wanted };
}
