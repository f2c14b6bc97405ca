import type { Sealed } from '@parley/contracts/envelope/commit';
import type { CommandRequest } from '@parley/contracts/wire/command-request';
import type { Problem } from '@parley/contracts/problems/codes';
import type { ContentSealer } from '@parley/kernel/sealing/content';
import type { WriteModel } from '../write-model.ts';
import type { Targets } from './targets.ts';

/** What preparation asks of the rest: keys, and facts of the write model (never of a read model). */
export type PrepareNeeds = {
  readonly ws: string;
  readonly sealer: ContentSealer;
  readonly targets: Targets;
  readonly model: Pick<WriteModel, 'user' | 'refusalToEnter' | 'importedLine'>;
};

/** The request's id, caller and deadline; its command was parsed. */
export type Asking = Pick<CommandRequest, 'id' | 'caller' | 'deadline'>;

/** What the decider gets (facts only), and the personal content, sealed, by event index. */
export type Body = { readonly command: Readonly<Record<string, unknown>>; readonly seals: readonly Sealed[] };
export type BodyOrProblem = Body | { readonly problem: Problem };
