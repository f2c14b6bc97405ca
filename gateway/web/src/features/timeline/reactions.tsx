import type { MessageView } from '@parley/contracts/queries/views';
import { SmilePlus } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { useMe, useNames } from '../../sync/chat.tsx';
import { useMessageActions } from './actions.ts';

const namesShownMax = 8;

/** Reactions under a message; a press gives or takes back one's own. */
export function Reactions({ message }: { readonly message: MessageView }) {
  const words = useWords();
  const me = useMe();
  const nameOf = useNames();
  const actions = useMessageActions();
  return (
    <div className="reactions">
      {message.reactions.map(({ emoji, users }) => {
        const mine = (users as readonly string[]).includes(me);
        const named = users.slice(0, namesShownMax).map((userId) => (userId === me ? words.row.you : nameOf(userId)));
        const names = words.list(users.length > namesShownMax ? [...named, words.row.andMore(users.length - namesShownMax)] : named);
        const label = words.row.reactedBy(names, emoji);
        return (
          <button key={emoji} type="button" className="reaction" aria-pressed={mine} title={label} onClick={() => actions.toggleReaction(message, emoji)}>
            <span>{emoji}</span>
            <span className="count">{users.length}</span>
            <span className="visually-hidden">{label}</span>
          </button>
        );
      })}
      <button type="button" className="reaction add" aria-label={words.row.react} title={words.row.react} onClick={(event) => actions.openPicker(message, event.currentTarget.getBoundingClientRect())}>
        <SmilePlus size={14} />
      </button>
    </div>
  );
}
