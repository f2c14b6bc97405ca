import type { Problem } from '@parley/contracts/problems/codes';
import type { UserView } from '@parley/contracts/queries/views';
import { useEffect, useMemo, useState } from 'react';
import { bestMatches } from '../../lib/hangul.ts';
import { useChat, useChatState, useMe } from '../../sync/chat.tsx';
import { troubleOf } from '../../sync/trouble.ts';

const waitMs = 150;
const foundMax = 30;

/** `withImported`: also people of an archive, who cannot be written to. People by the beginning of their name, from the service, and by jamo and initials among those already known. */
export function usePeopleSearch(query: string, withImported = false): { readonly people: readonly UserView[]; readonly trouble: Problem | undefined; readonly searching: boolean } {
  const chat = useChat();
  const me = useMe();
  const known = useChatState((state) => state.users);
  const [found, setFound] = useState<{ readonly query: string; readonly users: readonly UserView[] }>({ query: '', users: [] });
  const [trouble, setTrouble] = useState<Problem>();
  const wanted = query.trim().slice(0, 40);
  useEffect(() => {
    if (wanted === '') return undefined;
    let alive = true;
    const timer = setTimeout(() => {
      chat.queries.users({ name: wanted, limit: foundMax }).then(
        ({ data }) => {
          if (!alive) return;
          setTrouble(undefined);
          setFound({ query: wanted, users: data.users });
        },
        (error: unknown) => alive && setTrouble(troubleOf(error)),
      );
    }, waitMs);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [chat, wanted]);
  const people = useMemo(() => {
    const all = new Map([...known, ...found.users.map((user) => [user.userId, user] as const)]);
    const others = [...all.values()].filter((user) => user.userId !== me && user.name !== null && (withImported || user.kind !== 'imported'));
    return bestMatches(wanted, others, (user) => [user.name ?? ''], foundMax);
  }, [known, found, wanted, me, withImported]);
  return { people, trouble, searching: wanted !== '' && found.query !== wanted };
}
