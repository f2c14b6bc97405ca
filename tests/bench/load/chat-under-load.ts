import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { watchMembers } from '@parley/kernel/routing/members';
import { createCommandSender } from '@parley/kernel/routing/send-command';
import { v7 as uuidv7 } from 'uuid';
import type { Constellation } from '../../harness/constellation.ts';
import { accepted, newRoom, person } from '../../harness/people.ts';

const SOCKETS_PER_PERSON = 20;

export type Crowd = { readonly tokens: readonly string[]; readonly userIds: readonly string[]; readonly rooms: readonly string[] };

/** `people` signed-in members of the same `rooms` rooms. */
export async function gather(chat: Constellation, people: number, rooms: number): Promise<Crowd> {
  const owner = await person(chat, 'bench-owner', { keep: 'events' });
  const roomIds: string[] = [];
  for (let index = 0; index < rooms; index += 1) roomIds.push(await newRoom(owner));
  const [tokens, userIds]: [string[], string[]] = [[], []];
  for (let index = 0; index < people; index += 1) {
    const member = await person(chat, `bench-${index}`, { keep: 'events' });
    for (const roomId of roomIds) await accepted(member.socket.send({ type: 'join-room', roomId }));
    member.socket.close();
    tokens.push(member.token);
    userIds.push(member.userId);
  }
  owner.socket.close();
  return { tokens, userIds: [...userIds, owner.userId], rooms: roomIds };
}

/** A hello for each of `sockets` sockets, shared among the people as the limit per person allows. */
export function hellos(crowd: Crowd, sockets: number): string[] {
  if (crowd.tokens.length * SOCKETS_PER_PERSON < sockets) throw new RangeError('too few people for so many sockets');
  return Array.from({ length: sockets }, (_, index) => JSON.stringify({ type: 'hello', token: crowd.tokens[index % crowd.tokens.length] }));
}

/** Posts past the gateways, straight to command-service, on an open-loop schedule; answers how many were acknowledged. */
export async function offer(nc: NatsConnection, crowd: Crowd, perSecond: number, seconds: number, payloadBytes: number) {
  const members = await watchMembers(nc);
  const sender = createCommandSender(nc, members);
  const total = Math.round(perSecond * seconds);
  const begun = performance.now();
  const answers: Promise<CommandReply>[] = [];
  for (let index = 0; index < total; index += 1) {
    const due = begun + (index / perSecond) * 1_000;
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.floor(due - performance.now()))));
    const intendedUs = Math.round((performance.timeOrigin + due) * 1_000);
    const roomId = crowd.rooms[index % crowd.rooms.length]!;
    answers.push(sender.send({
      id: uuidv7() as never, deadline: Date.now() + 9_000, caller: { userId: crowd.userIds[index % crowd.userIds.length] as never, kind: 'user' },
      command: { type: 'post-message', roomId, text: `t=${intendedUs};`.padEnd(payloadBytes, 'x') },
    }, { kind: 'room', id: roomId }));
  }
  const replies = await Promise.all(answers);
  return { acked: replies.filter(({ ok }) => ok).length, total, seconds: (performance.now() - begun) / 1_000 };
}

export const connectTo = (chat: Constellation) => connect({ servers: chat.servers.natsUrl.split(',') });
