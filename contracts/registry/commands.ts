import { claimCommands, type ClaimCommand, type CounterCommand } from '../claims/commands.ts';
import type { AggregateRef } from '../envelope/commit.ts';
import type { CommandDefinition } from '../envelope/define.ts';
import { messageCommands, type MessageCommand } from '../messages/commands.ts';
import { readerCommands, type ReaderCommand } from '../readers/commands.ts';
import { roomCommands, type RoomControlCommand } from '../rooms/commands.ts';
import { userCommands, type UserCommand } from '../users/commands.ts';

/** Every command there is. */
export const commands: readonly CommandDefinition[] = [...roomCommands, ...messageCommands, ...readerCommands, ...userCommands, ...claimCommands];
const byType = new Map(commands.map((definition) => [definition.type, definition]));

export type Command = RoomControlCommand | MessageCommand | ReaderCommand | UserCommand | ClaimCommand | CounterCommand;
export type CommandType = Command['type'];

export const commandDefinition = (type: string): CommandDefinition | undefined => byType.get(type);
/** Commands that a signed-in client may send: those with a route. */
export const clientCommands: readonly CommandDefinition[] = commands.filter(({ route }) => route !== undefined);

const typeCharsMax = 64;

export type ParsedCommand = { readonly command: Command } | { readonly errors: readonly { readonly path: string; readonly message: string }[] };

/**
 * The one door for commands: parses an unknown value into a command, or names each field that is wrong.
 * `clientOnly` refuses commands that only services and operators may send, in the same words as unknown ones.
 */
export function parseCommand(input: unknown, clientOnly: boolean): ParsedCommand {
  if (!namesItsType(input)) return { errors: [{ path: 'type', message: 'must name a command' }] };
  // zod drops this key without a word; whoever sends it should hear that it is not a field.
  if (Object.hasOwn(input, '__proto__')) return { errors: [{ path: '__proto__', message: 'is not a field' }] };
  const { type, ...body } = input;
  const definition = byType.get(type);
  if (!definition || (clientOnly && !definition.route)) return { errors: [{ path: 'type', message: 'is not a command' }] };
  const parsed = definition.body.safeParse(body);
  if (!parsed.success) {
    return { errors: parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message })) };
  }
  return { command: { type, ...parsed.data } as Command };
}

function namesItsType(input: unknown): input is { readonly type: string } & Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  const { type } = input as { readonly type?: unknown };
  return typeof type === 'string' && type.length <= typeCharsMax;
}

/** The aggregate that decides a command. `callerId` stands in where a person acts on what is their own. */
export function aggregateOf(command: Command, callerId: string): AggregateRef {
  const { kind } = byType.get(command.type) as CommandDefinition;
  switch (kind) {
    case 'room':
      return { kind, id: (command as { roomId: string }).roomId };
    case 'claim':
      return { kind, id: (command as { claimId: string }).claimId };
    case 'counter':
      return { kind, id: (command as { counterId: string }).counterId };
    case 'user':
      return { kind, id: (command as { userId?: string }).userId ?? callerId };
    case 'reader':
      return { kind, id: callerId };
  }
}
