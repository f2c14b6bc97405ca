import type { Command } from '@parley/contracts/registry/commands';

/** Ids without their brand, so that callers pass plain strings; everything is checked again behind the gateway. */
export type Plain<T> = T extends string
  ? keyof T extends keyof string ? T : string
  : T extends readonly (infer U)[] ? readonly Plain<U>[]
  : T extends object ? { readonly [K in keyof T]: Plain<T[K]> }
  : T;

type Internal =
  | 'import-messages' | 'start-registration' | 'finish-registration' | 'register-guest' | 'import-user' | 'finish-rename'
  | 'take-claim' | 'release-claim' | 'take-number';
/** Fields that have a default. */
type Defaulted = { 'create-room': 'history' | 'members'; 'invite-member': 'role'; 'set-user-status': 'emoji' };
type WithDefaults<C extends { type: string }> = C extends { type: keyof Defaulted }
  ? Omit<C, Defaulted[C['type']] & keyof C> & Partial<Pick<C, Defaulted[C['type']] & keyof C>>
  : C;

/** A command that a signed-in person may send. */
export type ClientCommand = Plain<WithDefaults<Exclude<Command, { type: Internal }>>>;
export type ClientCommandOf<T extends ClientCommand['type']> = Extract<ClientCommand, { type: T }>;

/** Commands of one lane leave one after the other, each after the answer to the one before: a room keeps its order whatever is repeated. */
export function laneOf(command: ClientCommand): string {
  if (command.type === 'mark-read') return `read:${command.roomId}`;
  if (command.type === 'create-direct-room') return `direct:${command.with}`;
  return 'roomId' in command ? `room:${command.roomId}` : 'me';
}

/** What a person typed stays, also over a reload, until it is confirmed or thrown away by hand. */
export const isKept = (command: ClientCommand): boolean => command.type === 'post-message' || command.type === 'edit-message';
/** What is written to the outbox's store before it goes to the network. */
export const isStored = (command: ClientCommand): boolean => isKept(command) || command.type === 'redact-message' || command.type === 'react' || command.type === 'unreact';
