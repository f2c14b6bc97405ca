import type { Store } from './api.ts';

/** A value that tells when it changed. Listeners are told once per turn of the event loop, whatever happened in it. */
export function createStore<S>(initial: S): Store<S> & { readonly set: (next: S) => void } {
  let value = initial;
  let told = true;
  const listeners = new Set<() => void>();
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    set(next) {
      if (next === value) return;
      value = next;
      if (!told) return;
      told = false;
      queueMicrotask(() => {
        told = true;
        for (const listener of [...listeners]) listener();
      });
    },
  };
}
