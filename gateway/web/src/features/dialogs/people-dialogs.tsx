import { Link2 } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { shownName } from '../../lib/names.ts';
import { useChat, useRoom } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { attempt, notify } from '../shell/ui-state.ts';
import { openDirect } from './open-direct.ts';
import { PersonOption } from './people-picker.tsx';
import { usePeopleSearch } from './use-people-search.ts';
import { useSubmit } from './use-submit.ts';

type SearchProps = { readonly title: string; readonly onClose: () => void; readonly onChoose: (userId: string, name: string) => void; readonly submitting: ReturnType<typeof useSubmit>; readonly without?: ReadonlySet<string>; readonly foot?: ReactNode };

function PeopleDialog({ title, onClose, onChoose, submitting, without, foot }: SearchProps) {
  const words = useWords();
  const id = useId();
  const [query, setQuery] = useState('');
  const { people, trouble, searching } = usePeopleSearch(query);
  const shown = people.filter((user) => !without?.has(user.userId));
  const refused = submitting.trouble ?? trouble;
  return (
    <Dialog title={title} onClose={onClose} size="narrow">
      <div className="dialog-body">
        <div className="field">
          <label htmlFor={id} className="visually-hidden">{words.dialog.person}</label>
          <input id={id} className="input" type="search" autoFocus autoComplete="off" placeholder={words.dialog.personHint} value={query} onChange={(event) => setQuery(event.target.value)} />
        </div>
        {refused && <ProblemLine trouble={refused} />}
        <div className="options fixed" aria-busy={submitting.busy || searching}>
          {shown.map((user) => {
            const name = shownName(user.name ?? '');
            return <PersonOption key={user.userId} userId={user.userId} name={name} onChoose={() => onChoose(user.userId, name)} />;
          })}
          {shown.length === 0 && !searching && query.trim() !== '' && <p className="quiet pad">{words.dialog.noPerson}</p>}
        </div>
      </div>
      {foot && <div className="dialog-foot spread">{foot}</div>}
    </Dialog>
  );
}

/** Opens the conversation with one person. */
export function DirectDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const submitting = useSubmit();
  return (
    <PeopleDialog
      title={words.dialog.direct} onClose={onClose} submitting={submitting}
      onChoose={(userId) => submitting.submit(async () => {
        const roomId = await openDirect(chat, userId);
        onClose();
        navigate(`/rooms/${roomId}`);
      })}
    />
  );
}

/** Lets people into a room that is not public, or calls them into one that is. */
export function InviteDialog({ roomId, onClose }: { readonly roomId: string; readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const entry = useRoom(roomId);
  const submitting = useSubmit();
  const inside = new Set<string>(entry?.members?.list.map(({ userId }) => userId));
  return (
    <PeopleDialog
      title={words.dialog.invite} onClose={onClose} submitting={submitting} without={inside}
      foot={<><span className="quiet">{words.dialog.inviteLead}</span><Button look="outline" size="small" onClick={() => attempt(navigator.clipboard.writeText(`${location.origin}/rooms/${roomId}`), () => notify(words.row.copied))}><Link2 size={14} aria-hidden="true" />{words.row.copyLink}</Button></>}
      onChoose={(userId, name) => submitting.submit(() => chat.send({ type: 'invite-member', roomId, userId }), () => notify(words.dialog.invited(name)))}
    />
  );
}
