import { roomNameCharsMax, roomTopicCharsMax } from '@parley/contracts/rooms/limits';
import { type SyntheticEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { formText } from '../../lib/form-text.ts';
import { useChat } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { PeoplePicker } from './people-picker.tsx';
import { useSubmit } from './use-submit.ts';

type Kind = 'public' | 'private' | 'group';

export function CreateRoomDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const [, navigate] = useLocation();
  const id = useId();
  const [kind, setKind] = useState<Kind>('public');
  const [members, setMembers] = useState<readonly string[]>([]);
  const { busy, trouble, submit } = useSubmit();
  const kinds: readonly (readonly [Kind, string, string])[] = [
    ['public', words.dialog.kindPublic, words.dialog.kindPublicLead], ['private', words.dialog.kindPrivate, words.dialog.kindPrivateLead], ['group', words.dialog.kindGroup, words.dialog.kindGroupLead],
  ];

  const onSubmit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = formText(event.currentTarget, 'name');
    const topic = formText(event.currentTarget, 'topic');
    const history = formText(event.currentTarget, 'history') === 'since-join' ? 'since-join' : 'all';
    if (name === '') return;
    const roomId = chat.newId();
    submit(() => chat.send({ type: 'create-room', roomId, kind, name, ...(topic && { topic }), history, members }), () => {
      onClose();
      navigate(`/rooms/${roomId}`);
    });
  };

  return (
    <Dialog title={words.dialog.createRoom} onClose={onClose}>
      <form onSubmit={onSubmit} className="dialog-form">
        <div className="dialog-body">
          <div className="field">
            <label htmlFor={`${id}-name`}>{words.dialog.name}</label>
            <input id={`${id}-name`} name="name" className="input" required maxLength={roomNameCharsMax} autoComplete="off" autoFocus />
          </div>
          <div className="field">
            <label htmlFor={`${id}-topic`}>{words.dialog.topic}</label>
            <input id={`${id}-topic`} name="topic" className="input" maxLength={roomTopicCharsMax} autoComplete="off" placeholder={words.dialog.topicHint} />
          </div>
          <fieldset className="choices">
            <legend>{words.dialog.kind}</legend>
            {kinds.map(([value, title, lead]) => (
              <label key={value} className="choice">
                <input type="radio" name="kind" value={value} checked={kind === value} onChange={() => setKind(value)} />
                <b>{title}</b><span>{lead}</span>
              </label>
            ))}
          </fieldset>
          {kind === 'group' && <PeoplePicker chosen={members} onChange={setMembers} />}
          {kind !== 'group' && (
            <div className="field">
              <label htmlFor={`${id}-history`}>{words.dialog.history}</label>
              <select id={`${id}-history`} name="history" className="input" defaultValue="all">
                <option value="all">{words.dialog.historyAll}</option>
                <option value="since-join">{words.dialog.historySinceJoin}</option>
              </select>
            </div>
          )}
          {trouble && <ProblemLine trouble={trouble} />}
        </div>
        <div className="dialog-foot">
          <Button look="ghost" onClick={onClose}>{words.dialog.cancel}</Button>
          <Button look="primary" type="submit" disabled={busy}>{busy ? words.dialog.working : words.dialog.create}</Button>
        </div>
      </form>
    </Dialog>
  );
}
