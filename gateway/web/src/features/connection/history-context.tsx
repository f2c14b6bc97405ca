import { createContext, type ReactNode, use } from 'react';
import { type ConnectionHistory, useConnectionHistory } from './use-trouble-time.ts';

const HistoryContext = createContext<ConnectionHistory>({ sinceMs: 0, returns: 0, caughtUp: 0 });

/** Watches the connection for as long as the page is open, so that the details can tell what happened before they were opened. */
export function ConnectionWatch({ children }: { readonly children: ReactNode }) {
  return <HistoryContext value={useConnectionHistory()}>{children}</HistoryContext>;
}

export const useHistoryOfConnection = (): ConnectionHistory => use(HistoryContext);
