import type { Caller } from '@parley/contracts/envelope/caller';
import type { CommandOf } from '@parley/contracts/envelope/define';
import type { CommandId, MessageId, UserId } from '@parley/contracts/ids';
import type * as messages from '@parley/contracts/messages/commands';
import type * as rooms from '@parley/contracts/rooms/commands';

/** What every decision knows besides the command itself. */
export type Asked = { readonly id: CommandId; readonly caller: Caller };

/** A message that was found in the log where the command said it lies: facts that never change. */
export type VerifiedTarget = { readonly messageId: MessageId; readonly n: number; readonly author: UserId };

/** What rows need to know of a text, since the text itself is sealed before anybody decides. */
export type TextFacts = { readonly hasLink: boolean; readonly mentions: readonly UserId[] };

type Targeting<C> = C extends { target: unknown } ? Omit<C, 'target' | 'text'> & { readonly target: VerifiedTarget } : never;
type WithoutContent<C, Fields extends string> = C extends unknown ? Omit<C, Fields> : never;

export type PreparedRoomControl = Asked & WithoutContent<rooms.RoomControlCommand, 'name' | 'topic'>;
export type PreparedCreateRoom = Extract<PreparedRoomControl, { type: 'create-room' }>;

export type PreparedPost = Asked & Omit<CommandOf<typeof messages.postMessage>, 'text' | 'replyTo'> &
  TextFacts & { readonly replyTo?: { readonly messageId: MessageId; readonly n: number } };
export type PreparedEdit = Asked & Targeting<CommandOf<typeof messages.editMessage>> & TextFacts;
export type PreparedImport = Asked & Omit<CommandOf<typeof messages.importMessages>, 'lines'> & { readonly lines: readonly PreparedLine[] };
export type PreparedLine = TextFacts & { readonly line: number; readonly messageId: CommandId; readonly author: UserId; readonly sentAt: string };
type TargetedCommand =
  | CommandOf<typeof messages.redactMessage>
  | CommandOf<typeof messages.react>
  | CommandOf<typeof messages.unreact>
  | CommandOf<typeof messages.pinMessage>
  | CommandOf<typeof messages.unpinMessage>;
export type PreparedTargeted = Asked & Targeting<TargetedCommand>;

export type PreparedMessage = PreparedPost | PreparedEdit | PreparedTargeted | PreparedImport;

/** Commands as the room's decider meets them: personal content is sealed aside and replaced by facts. */
export type PreparedRoomCommand = PreparedRoomControl | PreparedMessage;
