import { useWords } from '../../i18n/use-words.ts';
import type { Person } from '../../lib/mention-text.ts';
import { usePresence } from '../../sync/chat.tsx';
import { Avatar } from '../../ui/avatar.tsx';
import type { Suggestions } from './use-mentions.ts';

/** People that fit what is being typed after `@`. Focus stays in the text field. */
export function MentionList({ id, suggestions, onChoose }: { readonly id: string; readonly suggestions: Suggestions; readonly onChoose: (person: Person) => void }) {
  const words = useWords();
  return (
    <div className="mention-list" role="listbox" id={id} aria-label={words.composer.people}>
      {suggestions.people.map((person, index) => (
        <MentionOption key={person.userId} id={`${id}-${index}`} person={person} active={index === suggestions.active} onChoose={onChoose} />
      ))}
    </div>
  );
}

function MentionOption({ id, person, active, onChoose }: { readonly id: string; readonly person: Person; readonly active: boolean; readonly onChoose: (person: Person) => void }) {
  const presence = usePresence(person.userId);
  return (
    <div
      id={id} role="option" aria-selected={active} className="mention-option"
      // Before the field could lose focus, and with it the caret.
      onPointerDown={(event) => {
        event.preventDefault();
        onChoose(person);
      }}
    >
      <Avatar id={person.userId} name={person.name} size={24} presence={presence} />
      <bdi className="truncate">{person.name}</bdi>
    </div>
  );
}
