/** The server's clock, as far as it can be told from here. */
export type ServerClock = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Learns from an answer: sent and received by our clock, `serverMs` by theirs. */
  learn(sentMs: number, receivedMs: number, serverMs: number): void;
  readonly roundTripMs: number | undefined;
};

/** How long a good measurement is trusted before a worse one may replace it. */
const trustMs = 10 * 60_000;

/** Cristian's algorithm (1989): the answer was written half a round trip ago; the shortest round trip tells it best. */
export function createServerClock(now: () => number): ServerClock {
  let offsetMs = 0;
  let best: { readonly roundTripMs: number; readonly atMs: number } | undefined;
  let lastRoundTripMs: number | undefined;
  return {
    now: () => now() + offsetMs,
    learn(sentMs, receivedMs, serverMs) {
      const roundTripMs = Math.max(0, receivedMs - sentMs);
      lastRoundTripMs = roundTripMs;
      if (best && roundTripMs > best.roundTripMs && receivedMs - best.atMs < trustMs) return;
      best = { roundTripMs, atMs: receivedMs };
      offsetMs = serverMs + roundTripMs / 2 - receivedMs;
    },
    get roundTripMs() {
      return lastRoundTripMs;
    },
  };
}
