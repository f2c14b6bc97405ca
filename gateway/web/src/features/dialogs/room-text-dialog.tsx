import { roomNameCharsMax, roomTopicCharsMax } from '@parley/contracts/rooms/limits';
import { type SyntheticEvent, useId } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { formText } from '../../lib/form-text.ts';
import { useChat, useRoom } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemLine } from '../../ui/problem.tsx';
import { useSubmit } from './use-submit.ts';

/** Changes the name or the topic of a room. */
export function RoomTextDialog({ what, roomId, onClose }: { readonly what: 'rename' | 'topic'; readonly roomId: string; readonly onClose: () => void }) {
  const words = useWords();
  const chat = useChat();
  const room = useRoom(roomId)?.room;
  const id = useId();
  const { busy, trouble, submit } = useSubmit();
  const renaming = what === 'rename';
  const onSubmit = (event: SyntheticEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = formText(event.currentTarget, 'text').replaceAll(/\s+/gu, ' ');
    if (renaming && text === '') return;
    submit(() => chat.send(renaming ? { type: 'rename-room', roomId, name: text } : { type: 'set-room-topic', roomId, topic: text }), onClose);
  };
  return (
    <Dialog title={renaming ? words.dialog.rename : words.dialog.setTopic} onClose={onClose}>
      <form onSubmit={onSubmit} className="dialog-form">
        <div className="dialog-body">
          <div className="field">
            <label htmlFor={id}>{renaming ? words.dialog.name : words.dialog.topic}</label>
            {renaming
              ? <input id={id} name="text" className="input" autoFocus autoComplete="off" required maxLength={roomNameCharsMax} defaultValue={room?.name ?? ''} />
              : <textarea id={id} name="text" className="input" autoFocus rows={3} maxLength={roomTopicCharsMax} defaultValue={room?.topic ?? ''} />}
          </div>
          {trouble && <ProblemLine trouble={trouble} />}
        </div>
        <div className="dialog-foot">
          <Button look="ghost" onClick={onClose}>{words.dialog.cancel}</Button>
          <Button look="primary" type="submit" disabled={busy}>{busy ? words.dialog.working : words.dialog.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}
