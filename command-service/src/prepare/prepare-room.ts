import type { Sealed } from '@parley/contracts/envelope/commit';
import { commandDefinition } from '@parley/contracts/registry/commands';
import type { MessageCommand, MessageTarget } from '@parley/contracts/messages/commands';
import { messageEdited, messagePosted } from '@parley/contracts/messages/events';
import { problem } from '@parley/contracts/problems/codes';
import type { RoomControlCommand } from '@parley/contracts/rooms/commands';
import { roomCreated, roomRenamed, roomTopicSet } from '@parley/contracts/rooms/events';
import { directRoomIdOf } from '@parley/kernel/ids/direct-room-id';
import { isPerson } from '../users/user.decider.ts';
import type { Asking, Body, BodyOrProblem, PrepareNeeds } from './needs.ts';
import { factsOf } from './text-facts.ts';

type Of<C extends { type: string }, T extends C['type']> = Extract<C, { type: T }>;

export function prepareMessage(needs: PrepareNeeds, asking: Asking, command: MessageCommand): Promise<BodyOrProblem> {
  switch (command.type) {
    case 'post-message':
      return preparePost(needs, asking, command);
    case 'edit-message':
      return prepareEdit(needs, asking, command);
    case 'import-messages':
      return prepareImport(needs, asking, command);
    default:
      return prepareTargeted(needs, command);
  }
}

async function prepareTargeted(needs: PrepareNeeds, command: Exclude<MessageCommand, { type: 'post-message' | 'edit-message' | 'import-messages' }>): Promise<BodyOrProblem> {
  const target = await needs.targets.find(command.roomId, command.target);
  return target ? { command: { ...command, target }, seals: [] } : targetMismatch(command.target);
}

const targetMismatch = ({ seq }: MessageTarget): BodyOrProblem => ({ problem: problem('target-mismatch', { detail: `no such message at position ${seq}` }) });

async function preparePost(needs: PrepareNeeds, asking: Asking, command: Of<MessageCommand, 'post-message'>): Promise<BodyOrProblem> {
  const { type, roomId, text, replyTo } = command;
  const refusal = await needs.model.refusalToEnter(roomId, asking.caller);
  if (refusal) return { problem: refusal };
  const facts = factsOf(text);
  const seals = [await sealText(needs, asking, roomId, messagePosted.type, text)];
  if (!replyTo) return { command: { type, roomId, ...facts }, seals };
  const target = await needs.targets.find(roomId, replyTo);
  if (!target) return targetMismatch(replyTo);
  return { command: { type, roomId, ...facts, replyTo: { messageId: target.messageId, n: target.n } }, seals };
}

async function prepareEdit(needs: PrepareNeeds, asking: Asking, { type, roomId, target, text }: Of<MessageCommand, 'edit-message'>): Promise<BodyOrProblem> {
  const refusal = await needs.model.refusalToEnter(roomId, asking.caller);
  if (refusal) return { problem: refusal };
  const verified = await needs.targets.find(roomId, target);
  if (!verified) return targetMismatch(target);
  return { command: { type, roomId, target: verified, ...factsOf(text) }, seals: [await sealText(needs, asking, roomId, messageEdited.type, text)] };
}

const sealText = (needs: PrepareNeeds, { id, caller }: Asking, roomId: string, type: string, text: string): Promise<Sealed> =>
  needs.sealer.seal({ kind: 'room', id: roomId, commandId: id, index: 0, type }, caller.userId, { text });

/**
 * Leaves out what was imported before, so that the rest can be sealed for its place among the command's events.
 * Each line is sealed under its author: erasing a person erases what was imported of them too.
 */
async function prepareImport(needs: PrepareNeeds, { id }: Asking, command: Of<MessageCommand, 'import-messages'>): Promise<Body> {
  const { type, roomId, source } = command;
  const imported = await needs.model.importedLine(roomId, source);
  const fresh = command.lines.filter(({ line }) => line > imported);
  const seals = await Promise.all(
    fresh.map(({ author, text }, index) => needs.sealer.seal({ kind: 'room', id: roomId, commandId: id, index, type: messagePosted.type }, author, { text })),
  );
  const lines = fresh.map(({ line, messageId, author, sentAt, text }) => ({ line, messageId, author, sentAt, ...factsOf(text) }));
  return { command: { type, roomId, source, lines }, seals };
}

const sealedAs: Readonly<Partial<Record<RoomControlCommand['type'], string>>> = {
  'create-room': roomCreated.type,
  'rename-room': roomRenamed.type,
  'set-room-topic': roomTopicSet.type,
};

export async function prepareRoomControl(needs: PrepareNeeds, asking: Asking, command: RoomControlCommand): Promise<BodyOrProblem> {
  const strangers = await firstUnknown(needs, peopleNamedIn(command));
  if (strangers) return strangers;
  if (command.type === 'create-direct-room') return prepareDirect(needs, asking, command);
  const type = sealedAs[command.type];
  if (type === undefined || command.roomId === undefined) return { command, seals: [] };
  // Sealing makes the room's secret, so only those inside may have it made; creation is what makes a room.
  const refusal = command.type === 'create-room' ? undefined : await needs.model.refusalToEnter(command.roomId, asking.caller);
  if (refusal) return { problem: refusal };
  const contentFields = new Set(commandDefinition(command.type)?.content);
  const fields = Object.entries(command);
  const content = Object.fromEntries(fields.filter(([name, value]) => contentFields.has(name) && value !== undefined));
  const facts = Object.fromEntries(fields.filter(([name]) => !contentFields.has(name)));
  // Creation's first event is room.created: it carries name and topic, and all others of the command are bare facts.
  const sealed = await needs.sealer.seal({ kind: 'room', id: command.roomId, commandId: asking.id, index: 0, type }, asking.caller.userId, content);
  return { command: facts, seals: [sealed] };
}

function peopleNamedIn(command: RoomControlCommand): readonly string[] {
  switch (command.type) {
    case 'create-room':
      return [...new Set(command.members)];
    case 'invite-member':
      return [command.userId];
    default:
      return [];
  }
}

async function firstUnknown(needs: PrepareNeeds, people: readonly string[]): Promise<BodyOrProblem | undefined> {
  if (people.length === 0) return undefined;
  const states = await Promise.all(people.map((userId) => needs.model.user(userId)));
  const index = states.findIndex(({ state }) => !isPerson(state));
  return index < 0 ? undefined : { problem: problem('not-found', { detail: `there is no person ${people[index]}` }) };
}

/** The id of a direct room follows from its two people; any other id is refused, so that nobody opens a room for others. */
async function prepareDirect(needs: PrepareNeeds, { caller }: Asking, command: Of<RoomControlCommand, 'create-direct-room'>): Promise<BodyOrProblem> {
  if (command.with === caller.userId) return { problem: problem('self-direct') };
  const roomId = directRoomIdOf(needs.ws, caller.userId, command.with);
  if (command.roomId !== undefined && command.roomId !== roomId) return { problem: problem('not-found') };
  return (await firstUnknown(needs, [command.with])) ?? { command: { ...command, roomId }, seals: [] };
}
