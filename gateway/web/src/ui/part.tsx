import { type ComponentType, type ReactNode, useEffect, useReducer, useState } from 'react';

/** A part of the page could not be fetched: there is no connection, or a newer page took the place of this one. */
export class PartMissing extends Error {
  override readonly name = 'PartMissing';
}

type Part<P> = {
  /** Shows the part, `fallback` until it is there. Where it cannot be had, the nearest boundary gets PartMissing; shown again, it is asked for again. */
  readonly Shown: ComponentType<P & { readonly fallback?: ReactNode }>;
  /** Has it there before it is shown. Rejects where it cannot be had. */
  readonly fetch: () => Promise<void>;
};

/** A part of the page whose code is fetched when it is needed. React's own `lazy` would remember for ever that one could not be had. */
export function partOf<P extends object>(load: () => Promise<ComponentType<P>>): Part<P> {
  let Loaded: ComponentType<P> | undefined;
  const fetch = async (): Promise<void> => {
    Loaded ??= await load();
  };
  function Shown({ fallback = null, ...props }: P & { readonly fallback?: ReactNode }) {
    const [missing, setMissing] = useState(false);
    const [, redraw] = useReducer((count: number) => count + 1, 0);
    useEffect(() => {
      if (Loaded) return undefined;
      let alive = true;
      fetch().then(() => { if (alive) redraw(); }, () => { if (alive) setMissing(true); });
      return () => { alive = false; };
    }, []);
    if (missing) throw new PartMissing();
    return Loaded ? <Loaded {...(props as unknown as P)} /> : fallback;
  }
  return { Shown, fetch };
}
