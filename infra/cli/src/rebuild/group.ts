import type { Context } from '../context.ts';

export type RebuildOptions = {
  /** Compare with what is read before it takes its place. */
  readonly verify: boolean;
  /** Have it read when it is whole. */
  readonly swap: boolean;
  /** Even if it differs from what is read. */
  readonly acceptDifferences: boolean;
};

export type RebuildReport = {
  readonly name: string;
  readonly generation: number;
  /** Messages of the log that were gone through, and in how long. */
  readonly messages: number;
  readonly seconds: number;
  readonly compared: 'equal' | 'differs' | 'not compared';
  /** Why it was not compared. */
  readonly why?: string;
  readonly rows?: number;
  readonly hash?: string;
  /** How many rows differ per table, and some of them by key: never what people wrote. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly differences?: readonly { readonly table: string; readonly key: readonly unknown[]; readonly what: string; readonly columns: readonly string[] }[];
  readonly erased?: number;
  readonly parked?: readonly { readonly kind: string; readonly aggregate: string; readonly parkedIn: string }[];
  readonly isRead: boolean;
};

export type SwapTimes = { /** Queries could wait for so long, ms. */ readonly swapMs: number; /** Projectors stood still for so long, ms. */ readonly heldMs: number; readonly attempts: number };

export type GenerationStatus = {
  readonly name: string;
  readonly generation: number;
  readonly version: number;
  readonly state: string;
  /** Messages of the log that it has not reached; undefined: its log is another one. */
  readonly behind: number | undefined;
  readonly parked: number;
  readonly bytes: number;
  readonly createdAt: Date;
};

/**
 * Read models that can be made anew beside themselves, swapped in together, and gone back from. A store of another kind
 * (an index, say) is one group more in `groups.ts`.
 */
export type RebuildGroup = {
  /** Names, each with other words for it. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Makes these anew, or goes on where it was cut off; swaps them in all at once. Throws CliError for what a person can mend. */
  rebuild(context: Context, names: readonly string[], options: RebuildOptions): Promise<{ readonly reports: readonly RebuildReport[]; readonly swap?: SwapTimes }>;
  /** Has what was read before be read again. */
  rollback(context: Context, name: string): Promise<SwapTimes & { readonly from: number; readonly to: number }>;
  /** Drops all but what is read; returns the generations dropped. */
  dropOld(context: Context, name: string): Promise<readonly number[]>;
  status(context: Context): Promise<readonly GenerationStatus[]>;
};
