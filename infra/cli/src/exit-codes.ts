/** Exit codes: 0 and 1 answer the question asked, 2 is the caller's mistake, the rest are sysexits.h. */
export const exitCodes = { ok: 0, finding: 1, usage: 2, unavailable: 69, internal: 70, config: 78, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with one line and a code. `hint` says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitCode;
  readonly hint: string | undefined;
  constructor(exit: ExitCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
    this.hint = hint;
  }
}
