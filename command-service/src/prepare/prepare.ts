import type { AggregateRef } from '@parley/contracts/envelope/commit';
import type { MessageCommand } from '@parley/contracts/messages/commands';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import { aggregateOf, type Command, commandDefinition, parseCommand } from '@parley/contracts/registry/commands';
import { UnknownEvent } from '@parley/contracts/registry/events';
import type { RoomControlCommand } from '@parley/contracts/rooms/commands';
import type { UserCommand } from '@parley/contracts/users/commands';
import type { CommandRequest } from '@parley/contracts/wire/command-request';
import type { PreparedCommand } from '@parley/kernel/event-store/pending';
import { LogUnavailable } from '@parley/kernel/event-store/event-log';
import { ContentErased } from '@parley/kernel/sealing/errors';
import { VaultUnavailable } from '@parley/kernel/vault/vault';
import { ProblemError } from '../problem-error.ts';
import { canonicalJson } from '@parley/contracts/canonical-json';
import type { BodyOrProblem, PrepareNeeds } from './needs.ts';
import { prepareMessage, prepareRoomControl } from './prepare-room.ts';
import { prepareUser } from './prepare-user.ts';

/** A command that is ready to be queued, or why it never will be. `command` is as it was parsed. */
export type Preparation =
  | { readonly aggregate: AggregateRef; readonly prepared: PreparedCommand; readonly command: Command }
  | { readonly problem: Problem };

/**
 * Turns a request into what an aggregate's queue takes: parsed, its people and targets looked up, its personal content
 * sealed, the whole of it hashed under a key that dies with its person. Whoever decides sees no content.
 * Never throws for what a client or a broken store can cause; those are problems.
 */
export async function prepareCommand(needs: PrepareNeeds, request: CommandRequest): Promise<Preparation> {
  const { caller } = request;
  const parsed = parseCommand(request.command, caller.kind === 'user' || caller.kind === 'guest');
  if ('errors' in parsed) return { problem: problem('invalid', { errors: parsed.errors }) };
  const { command } = parsed;
  const { kind, alone } = commandDefinition(command.type) as NonNullable<ReturnType<typeof commandDefinition>>;
  // The system is no person: it reads nothing and has no name or status to change.
  const own = kind === 'reader' || (kind === 'user' && !('userId' in command && command.userId !== undefined));
  if (own && caller.userId === 'system') return { problem: problem('forbidden') };
  try {
    const body = await bodyOf(needs, request, command);
    if ('problem' in body) return body;
    const aggregate = aggregateOf({ ...command, ...body.command }, caller.userId);
    const mac = await needs.sealer.mac(personOf(command, caller.userId), canonicalJson({ type: command.type, body: withoutType(command), caller }));
    const { id, deadline } = request;
    const facts = { ...body.command, id, caller };
    return { aggregate, command, prepared: { id, type: command.type, caller, command: facts, seals: body.seals, mac, alone, deadline } };
  } catch (error) {
    const known = problemOf(error);
    if (!known) throw error;
    return { problem: known };
  }
}

function bodyOf(needs: PrepareNeeds, asking: CommandRequest, command: Command): BodyOrProblem | Promise<BodyOrProblem> {
  switch (commandDefinition(command.type)?.kind) {
    case 'room':
      return messageTypes.has(command.type) ? prepareMessage(needs, asking, command as MessageCommand) : prepareRoomControl(needs, asking, command as RoomControlCommand);
    case 'user':
      return prepareUser(needs, asking, aggregateOf(command, asking.caller.userId).id, command as UserCommand);
    default:
      return { command, seals: [] };
  }
}

const messageTypes: ReadonlySet<string> = new Set<MessageCommand['type']>([
  'post-message', 'edit-message', 'redact-message', 'react', 'unreact', 'pin-message', 'unpin-message', 'import-messages',
]);

/** Whose erasure ends the memory of what the command said: the person it is about, where services act for people. An erasure itself outlives its person. */
const personOf = (command: Command, callerId: string): string =>
  callerId === 'system' && 'userId' in command && command.userId !== undefined && !erasing.has(command.type) ? command.userId : callerId;
const erasing: ReadonlySet<string> = new Set<UserCommand['type']>(['start-erasure', 'finish-erasure']);

function withoutType(command: Command): object {
  const { type: _, ...body } = command;
  return body;
}

/** What went wrong outside, in the words of the registry; undefined for what is a bug. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ContentErased) return problem('erased');
  if (error instanceof VaultUnavailable) return problem('unavailable', { detail: 'the vault cannot be reached' });
  if (error instanceof LogUnavailable) return problem('unavailable', { detail: 'the log cannot be read' });
  if (error instanceof UnknownEvent) return problem('newer-event');
  return undefined;
}
