import { useEffect, useRef, useState } from 'react';
import { useChat, useConnection } from '../../sync/chat.tsx';

/** Shorter losses of the connection are nobody's concern. */
const quietMs = 2_000;

/** True once the connection has not been live for two seconds. */
export function useConnectionTrouble(): boolean {
  const { state } = useConnection();
  const [trouble, setTrouble] = useState(false);
  const live = state === 'live';
  useEffect(() => {
    if (live) return undefined;
    const timer = setTimeout(() => setTrouble(true), quietMs);
    return () => {
      clearTimeout(timer);
      setTrouble(false);
    };
  }, [live]);
  return trouble && !live;
}

/** Whole seconds until a moment of the server's clock, counted down; 0 where it has passed. */
export function useCountdown(untilMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (untilMs === undefined) return undefined;
    const tick = (): void => setNowMs(Date.now());
    const first = setTimeout(tick);
    const timer = setInterval(tick, 1_000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [untilMs]);
  return untilMs === undefined ? 0 : Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
}

/** What this page has seen of its connection since it was opened. */
export type ConnectionHistory = { readonly sinceMs: number; readonly returns: number; readonly caughtUp: number };

export function useConnectionHistory(): ConnectionHistory {
  const { state: store } = useChat();
  const [history, setHistory] = useState<ConnectionHistory>(() => ({ sinceMs: Date.now(), returns: 0, caughtUp: 0 }));
  const last = useRef({ state: store.getSnapshot().connection.state, done: 0, wasLive: false });
  useEffect(() => store.subscribe(() => {
    const { connection } = store.getSnapshot();
    const before = last.current;
    const done = connection.state === 'catching-up' ? connection.done : before.done;
    if (connection.state === before.state) {
      last.current = { ...before, done };
      return;
    }
    const arrived = connection.state === 'live';
    setHistory(({ returns, caughtUp }) => ({ sinceMs: Date.now(), returns: returns + (arrived && before.wasLive ? 1 : 0), caughtUp: caughtUp + (arrived ? before.done : 0) }));
    last.current = { state: connection.state, done: arrived ? 0 : done, wasLive: before.wasLive || arrived };
  }), [store]);
  return history;
}
