const retryMs = 1_000;

export type VaultWatch = {
  /** Resolves when the vault was asked once, whatever came of it. */
  readonly firstTry: Promise<void>;
  /** Resolves when it has answered; never once this is stopped. */
  readonly answered: Promise<void>;
  /** Why the process should not serve, or undefined once the vault has answered. */
  readonly reason: () => string | undefined;
  stop(): void;
};

/**
 * Asks the vault every second until it has answered once: a process that never had a key can neither seal nor open
 * anything, while one whose vault goes away later goes on with the keys that it has. `ask` rejects when it cannot be
 * asked, or has been wrapped with another key.
 */
export function watchVault(ask: () => Promise<unknown>): VaultWatch {
  let reason: string | undefined = 'the vault has not answered yet';
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let answer: () => void = () => {};
  const answered = new Promise<void>((resolve) => { answer = resolve; });
  const attempt = async (): Promise<void> => {
    try {
      await ask();
      reason = undefined;
      if (!isStopped) answer();
    } catch (error) {
      reason = `the vault cannot be used: ${error instanceof Error ? error.message : String(error)}`;
      if (!isStopped) timer = setTimeout(() => void attempt(), retryMs);
    }
  };
  return {
    firstTry: attempt(),
    answered,
    reason: () => reason,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
