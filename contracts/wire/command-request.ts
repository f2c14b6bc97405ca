import { z } from 'zod';
import { Caller } from '../envelope/caller.ts';
import type { Position } from '../envelope/commit.ts';
import { CommandId } from '../ids.ts';
import type { Problem } from '../problems/codes.ts';

/** What a gateway (or the CLI) sends on `cmd.<instance>.<partition>`; `command` is parsed again on entry. */
export const CommandRequest = z.strictObject({
  id: CommandId,
  command: z.unknown(),
  caller: Caller,
  /** Milliseconds since 1970 after which nobody waits for the answer. */
  deadline: z.number(),
});
export type CommandRequest = z.infer<typeof CommandRequest>;

/**
 * The answer. `n` is the number of the command's first event (of the aggregate's last event for a no-op), `events` how
 * many it caused, `position` where they lie; the same command answered again gets the same answer.
 */
export type CommandReply =
  | { readonly ok: true; readonly n: number; readonly events: number; readonly position: Position; readonly at: string; readonly repeated?: true }
  | { readonly ok: false; readonly problem: Problem };

/** Questions to the write model, answered after a leader read. */
export const AskRequest = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('claim-owner'), claimId: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
  z.strictObject({ ask: z.literal('claim-of-name'), name: z.string().min(1).max(200) }),
  z.strictObject({ ask: z.literal('member'), roomId: z.string().max(64), userId: z.string().max(64) }),
  z.strictObject({ ask: z.literal('user'), userId: z.string().max(64) }),
]);
export type AskRequest = z.infer<typeof AskRequest>;
export type AskReply =
  | { readonly ok: true; readonly claimId?: string; readonly userId?: string; readonly member?: boolean; readonly joinedN?: number; readonly state?: string; readonly seq: number }
  | { readonly ok: false; readonly problem: Problem };
