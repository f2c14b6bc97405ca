import { ProblemError } from '@parley/client/problem-error';
import { problem } from '@parley/contracts/problems/codes';
import type { Chat } from '../../sync/chat.tsx';

/** Id of the direct room with a person: one that is there already, else a new one. Rejects with ProblemError. */
export async function openDirect(chat: Chat, userId: string): Promise<string> {
  for (const { room } of chat.state.getSnapshot().rooms.values()) if (room.partner === userId) return room.roomId;
  const { roomId } = await chat.send({ type: 'create-direct-room', with: userId });
  if (roomId === undefined) throw new ProblemError(problem('internal'));
  return roomId;
}
