import { useWords } from '../../i18n/use-words.ts';
import { useChatState, useMe, useNames } from '../../sync/chat.tsx';

const nobody: readonly never[] = [];

/** Who is typing. Its 20 pixels are always there, so nothing moves when somebody begins. */
export function TypingLine({ roomId }: { readonly roomId: string }) {
  const words = useWords();
  const me = useMe();
  const nameOf = useNames();
  const typing = useChatState((state) => state.typing.get(roomId) ?? nobody).filter(({ userId }) => userId !== me);
  const [first, second] = typing;
  const text = typing.length > 2 ? words.typing.many : first && second ? words.typing.two(nameOf(first.userId), nameOf(second.userId)) : first ? words.typing.one(nameOf(first.userId)) : '';
  return (
    <div className="typing-line">
      {text && <span className="typing-dots" aria-hidden="true"><i /><i /><i /></span>}
      <span className="truncate">{text}</span>
      <span className="hint">{words.composer.hint}</span>
    </div>
  );
}
