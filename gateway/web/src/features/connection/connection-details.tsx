import { useWords, useLocale } from '../../i18n/use-words.ts';
import { timeLabel } from '../../lib/days.ts';
import { useChat, useConnection, useOutbox } from '../../sync/chat.tsx';
import { Button } from '../../ui/button.tsx';
import { type Anchor, Popover } from '../../ui/popover.tsx';
import { useHistoryOfConnection } from './history-context.tsx';
import { useCountdown } from './use-trouble-time.ts';

type Props = { readonly anchor: Anchor; readonly roomN: number | undefined; readonly onClose: () => void };

export function ConnectionDetails({ anchor, roomN, onClose }: Props) {
  const words = useWords();
  const locale = useLocale();
  const connection = useConnection();
  const waiting = useOutbox().filter(({ state }) => state === 'queued' || state === 'sent').length;
  const history = useHistoryOfConnection();
  const chat = useChat();
  const seconds = useCountdown(connection.state === 'offline' ? connection.retryAtMs : undefined);
  const state = connection.state === 'closed' ? words.connection.offline : connection.state === 'idle' ? words.connection.connecting : words.connection[connection.state];
  const rows: readonly (readonly [string, string])[] = [
    [words.connection.gateway, connection.state === 'live' ? connection.gateway : words.connection.none],
    [words.connection.transport, 'WebSocket · parley.v1'],
    [words.connection.roundTrip, connection.state === 'live' && connection.roundTripMs !== undefined ? words.connection.ms(Math.max(1, Math.round(connection.roundTripMs))) : words.connection.none],
    [words.connection.since, timeLabel(new Date(history.sinceMs).toISOString(), locale)],
    [words.connection.lastN, roomN === undefined ? words.connection.none : `#${roomN}`],
    [words.connection.resumed, `${history.returns}×`],
    [words.connection.missed, String(history.caughtUp)],
    [words.connection.outbox, String(waiting)],
  ];
  return (
    <Popover anchor={anchor} onClose={onClose} placement="above-end" role="dialog" label={words.connection.title}>
      <div className="connection-details">
        <h3><span className={`signal ${connection.state}`} aria-hidden="true" />{state}{seconds > 0 && ` · ${words.connection.retryIn(seconds)}`}</h3>
        <dl>
          {rows.map(([term, value]) => <div key={term}><dt>{term}</dt><dd>{value}</dd></div>)}
        </dl>
        {connection.state !== 'live' && <p className="quiet">{words.connection.kept}</p>}
        {connection.state === 'offline' && <Button look="outline" size="small" onClick={() => chat.retryNow()}>{words.connection.tryNow}</Button>}
      </div>
    </Popover>
  );
}
