import type { Answer, DataOf } from '@parley/contracts/queries/define';
import { oneRoom } from '@parley/contracts/queries/queries';
import { MyRoomView } from '@parley/contracts/queries/views';
import { decodeCursor } from '@parley/contracts/realtime/cursor';
import { streamIndexOf } from '@parley/contracts/wire/partition';
import { CliError, exitCodes } from '../exit-codes.ts';
import { need, type Settings } from '../settings.ts';
import { internalToken } from '../commands/token.ts';

const askMsMax = 5_000;
const tokenSeconds = 60;

export type AskedRoom = {
  /** The room as this person's list shows it; null: they are no member. */
  readonly room: MyRoomView | null;
  /** Up to which sequences of the room's and the reader's stream the answer goes at least, and whether it says it is old. */
  readonly roomSeq: number; readonly readerSeq: number; readonly stale: boolean;
};

/** Asks the query-service about a room in a person's name. Throws CliError: 69 when it does not answer, 78 when it is not known where it is. */
export async function askRoom(settings: Settings, userId: string, roomId: string): Promise<AskedRoom> {
  const url = new URL(oneRoom.path.replace(':roomId', encodeURIComponent(roomId)), need(settings, 'QUERY_URL'));
  const token = internalToken(Buffer.from(need(settings, 'PARLEY_INTERNAL_KEY'), 'base64url'), userId, 'user', tokenSeconds, Date.now());
  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(askMsMax) });
  } catch (error) {
    throw new CliError(exitCodes.unavailable, `The query-service does not answer at ${url.origin}.`, 'QUERY_URL says where it is; --log-only explains without asking it.', { cause: error });
  }
  if (response.status === 404) return { room: null, roomSeq: 0, readerSeq: 0, stale: false };
  if (!response.ok) throw new CliError(exitCodes.unavailable, `The query-service answered ${response.status}.`, response.status === 401 ? 'PARLEY_INTERNAL_KEY must be the one that the services use.' : undefined);
  const { data, position, stale } = (await response.json()) as Answer<DataOf<typeof oneRoom>>;
  const cursor = decodeCursor(position);
  const member = MyRoomView.safeParse(data);
  return {
    room: member.success ? member.data : null,
    roomSeq: cursor?.seqs[streamIndexOf('room', roomId)] ?? 0, readerSeq: cursor?.seqs[streamIndexOf('reader', userId)] ?? 0, stale,
  };
}
