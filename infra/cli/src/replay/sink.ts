import type { Placed } from '../log/merge-streams.ts';

/** Where a replay goes. */
export type Sink = {
  /** Takes commits, in order. */
  write(messages: readonly Placed[]): Promise<void>;
  /** Everything was taken: what came of it, for JSON and for people. */
  finish(): Promise<{ readonly report: Readonly<Record<string, unknown>>; readonly text: string }>;
  /** It was cut off; `willResume`: somebody means to go on. */
  abandon(willResume: boolean): Promise<void>;
};
