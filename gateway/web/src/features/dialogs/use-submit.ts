import type { Problem } from '@parley/contracts/problems/codes';
import { useCallback, useEffect, useRef, useState } from 'react';
import { troubleOf } from '../../sync/trouble.ts';

/** Runs what a form asks for once, shows that it runs, and keeps the refusal beside the form. */
export function useSubmit(): { readonly busy: boolean; readonly trouble: Problem | undefined; readonly submit: (action: () => Promise<unknown>, onDone?: () => void) => void } {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Problem>();
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const submit = useCallback((action: () => Promise<unknown>, onDone?: () => void) => {
    setBusy(true);
    setTrouble(undefined);
    action().then(
      () => {
        if (alive.current) setBusy(false);
        onDone?.();
      },
      (error: unknown) => {
        if (!alive.current) return;
        setBusy(false);
        setTrouble(troubleOf(error));
      },
    );
  }, []);
  return { busy, trouble, submit };
}
