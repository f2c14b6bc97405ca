import type { ClaimCommand, CounterCommand } from '@parley/contracts/claims/commands';
import type { ClaimId, UserId } from '@parley/contracts/ids';
import type { UserCommand } from '@parley/contracts/users/commands';
import type { Asked } from '../rooms/prepared.ts';

type WithoutContent<C> = C extends unknown ? Omit<C, 'name' | 'text' | 'emoji' | 'userId' | 'claimId'> : never;
type Claiming = 'start-registration' | 'finish-registration' | 'rename-user' | 'finish-rename';
type Named<C extends { type: string }> = C extends { type: Claiming } ? { readonly claimId: ClaimId } : unknown;
type PreparedOf<C extends { type: string }> = C extends unknown ? Asked & WithoutContent<C> & Named<C> & { readonly userId: UserId } : never;

/** Commands as the user's decider meets them: names are sealed aside, `userId` and `claimId` are always there. */
export type PreparedUserCommand = PreparedOf<UserCommand>;
export type PreparedClaimCommand = Asked & ClaimCommand;
export type PreparedCounterCommand = Asked & CounterCommand;
