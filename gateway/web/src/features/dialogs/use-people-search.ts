import type { Problem } from '@parley/contracts/problems/codes';
import type { UserView } from '@parley/contracts/queries/views';
import { useMemo } from 'react';
import { bestMatches } from '../../lib/hangul.ts';
import { useChatState, useMe } from '../../sync/chat.tsx';
import { useFoundPeople } from '../../sync/use-found-people.ts';

const shownMax = 30;

/** `withImported`: also people of an archive, who cannot be written to. People by the beginning of their name, from the service, and by jamo and initials among those already known. */
export function usePeopleSearch(query: string, withImported = false): { readonly people: readonly UserView[]; readonly trouble: Problem | undefined; readonly searching: boolean } {
  const me = useMe();
  const known = useChatState((state) => state.users);
  const { found, trouble, searching } = useFoundPeople(query);
  const people = useMemo(() => {
    const all = new Map([...known, ...found.map((user) => [user.userId, user] as const)]);
    const others = [...all.values()].filter((user) => user.userId !== me && user.name !== null && (withImported || user.kind !== 'imported'));
    return bestMatches(query.trim(), others, (user) => [user.name ?? ''], shownMax);
  }, [known, found, query, me, withImported]);
  return { people, trouble, searching };
}
