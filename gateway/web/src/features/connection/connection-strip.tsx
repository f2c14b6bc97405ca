import { CloudOff, LoaderCircle } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { useChat, useConnection } from '../../sync/chat.tsx';
import { useConnectionTrouble, useCountdown } from './use-trouble-time.ts';

/** A countdown under this long only flickers. */
const countdownFromSeconds = 5;

/** Lies over the top of the conversation and never moves it. */
export function ConnectionStrip() {
  const words = useWords();
  const connection = useConnection();
  const trouble = useConnectionTrouble();
  const chat = useChat();
  const seconds = useCountdown(connection.state === 'offline' ? connection.retryAtMs : undefined);
  if (!trouble || connection.state === 'idle' || connection.state === 'live') return null;
  const offline = connection.state === 'offline' || connection.state === 'closed';
  const text =
    connection.state === 'catching-up'
      ? connection.total === undefined ? words.connection['catching-up'] : words.connection.catchingUp(connection.done, connection.total)
      : connection.state === 'connecting' ? words.connection.connecting : words.connection.offline;
  return (
    <div className={offline ? 'strip offline' : 'strip'} role="status">
      {offline ? <CloudOff size={14} aria-hidden="true" /> : <LoaderCircle size={14} className="spin" aria-hidden="true" />}
      <span className="truncate">{text}</span>
      {connection.state === 'offline' && seconds > countdownFromSeconds && <span className="truncate">{words.connection.retryIn(seconds)}</span>}
      {connection.state === 'offline' && <button type="button" onClick={() => chat.retryNow()}>{words.connection.tryNow}</button>}
    </div>
  );
}
