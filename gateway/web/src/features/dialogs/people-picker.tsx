import { groupMembersAtCreationMax } from '@parley/contracts/rooms/limits';
import { Check, X } from 'lucide-react';
import { useId, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { shownName } from '../../lib/names.ts';
import { useNames, usePresence } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { usePeopleSearch } from './use-people-search.ts';

/** Chooses several people by name. */
export function PeoplePicker({ chosen, onChange }: { readonly chosen: readonly string[]; readonly onChange: (chosen: readonly string[]) => void }) {
  const words = useWords();
  const nameOf = useNames();
  const id = useId();
  const [query, setQuery] = useState('');
  const { people, trouble } = usePeopleSearch(query);
  const toggle = (userId: string): void => onChange(chosen.includes(userId) ? chosen.filter((one) => one !== userId) : [...chosen, userId].slice(0, groupMembersAtCreationMax));
  return (
    <div className="field">
      <label htmlFor={id}>{words.dialog.person}</label>
      {chosen.length > 0 && (
        <div className="tags">
          {chosen.map((userId) => <button key={userId} type="button" className="tag" onClick={() => toggle(userId)}>{nameOf(userId)}<X size={12} aria-hidden="true" /></button>)}
        </div>
      )}
      <input id={id} className="input" type="search" autoComplete="off" placeholder={words.dialog.personHint} value={query} onChange={(event) => setQuery(event.target.value)} />
      {trouble && <ProblemLine trouble={trouble} />}
      {query.trim() !== '' && (
        <div className="options">
          {people.map((user) => <PersonOption key={user.userId} userId={user.userId} name={shownName(user.name ?? '')} chosen={chosen.includes(user.userId)} onChoose={() => toggle(user.userId)} />)}
          {people.length === 0 && <p className="quiet pad">{words.dialog.noPerson}</p>}
        </div>
      )}
    </div>
  );
}

export function PersonOption({ userId, name, chosen, onChoose, active }: { readonly userId: string; readonly name: string; readonly chosen?: boolean; readonly active?: boolean; readonly onChoose: () => void }) {
  const presence = usePresence(userId);
  return (
    <button type="button" className="option" aria-pressed={chosen} aria-selected={active} onClick={onChoose}>
      <Avatar id={userId} name={name} size={28} presence={presence} />
      <span className="stack"><bdi className="truncate">{name}</bdi></span>
      {chosen && <Check size={16} aria-hidden="true" />}
    </button>
  );
}
