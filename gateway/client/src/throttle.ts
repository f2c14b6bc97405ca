/** Per key at most one call in a while. `trailing`: the last value within the while is called at its end, else it is dropped. */
export function throttle<V = undefined>(everyMs: number, now: () => number, call: (key: string, value: V) => void, trailing: boolean): { call(key: string, value: V): void; flush(): void; stop(): void } {
  const last = new Map<string, number>();
  const waiting = new Map<string, { value: V; readonly timer: ReturnType<typeof setTimeout> }>();
  const fire = (key: string, value: V): void => {
    waiting.delete(key);
    last.set(key, now());
    if (last.size > keysMax) last.delete(last.keys().next().value as string);
    call(key, value);
  };
  const stop = (): void => {
    for (const { timer } of waiting.values()) clearTimeout(timer);
    waiting.clear();
  };
  return {
    call(key, value) {
      const leftMs = (last.get(key) ?? 0) + everyMs - now();
      const later = waiting.get(key);
      if (later) later.value = value;
      else if (leftMs <= 0) fire(key, value);
      else if (trailing) waiting.set(key, { value, timer: setTimeout(() => fire(key, waiting.get(key)?.value as V), leftMs) });
    },
    flush() {
      for (const [key, { value, timer }] of [...waiting]) {
        clearTimeout(timer);
        fire(key, value);
      }
    },
    stop,
  };
}

const keysMax = 2_000;
