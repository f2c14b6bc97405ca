import type { Caller } from '@parley/contracts/envelope/caller';
import type { Sealed } from '@parley/contracts/envelope/commit';
import type { Problem } from '@parley/contracts/problems/codes';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import type { RememberedCommand } from './remembered-commands.ts';

/** A command ready to be decided: parsed, its caller known, its personal content sealed and taken out. */
export type PreparedCommand<C = unknown> = {
  /** Canonical UUIDv7, the same on every repetition. */
  readonly id: string;
  readonly type: string;
  readonly caller: Caller;
  /** What the decider takes: facts only. */
  readonly command: C;
  /** Sealed content of the command's events, by index; undefined where an event has none. */
  readonly seals: readonly (Sealed | undefined)[];
  /** Keyed hash of the canonical command. */
  readonly mac?: string;
  /** Never shares a commit with another command. */
  readonly alone: boolean;
  /** Milliseconds since 1970 after which nobody waits. */
  readonly deadline: number;
  readonly traceparent?: string;
};

/** What a turn decided about one waiting command. */
export type Verdict = 'undecided' | 'events' | 'no-op' | 'same' | 'known' | 'refused' | 'read';

/** One waiting command, or one waiting reader of the confirmed state (no command). */
export class Pending {
  readonly command: PreparedCommand | undefined;
  readonly deadline: number;
  /** The how-manieth arrival at its aggregate it was. */
  readonly arrival: number;
  readonly resolve: (reply: CommandReply) => void;
  settled = false;
  /** Has been in an append that was sent, and how many such appends were refused or of unknown outcome. */
  attempted = false;
  rounds = 0;
  verdict: Verdict = 'undecided';
  n = 0;
  events = 0;
  known: RememberedCommand | undefined;
  problem: Problem | undefined;
  sameAs: Pending | undefined;

  constructor(command: PreparedCommand | undefined, deadline: number, arrival: number, resolve: (reply: CommandReply) => void) {
    this.command = command;
    this.deadline = deadline;
    this.arrival = arrival;
    this.resolve = resolve;
  }

  isOf({ by, mac }: { readonly by: string; readonly mac: string | undefined }): boolean {
    return this.command?.caller.userId === by && this.command.mac === mac;
  }
}
