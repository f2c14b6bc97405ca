import type { NatsConnection } from '@nats-io/transport-node';
import { visibilityEvents } from '@parley/contracts/rooms/events';
import { controlHeader } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { CliError, exitCodes } from '../exit-codes.ts';
import { checkRoomFile, type RoomFileReport } from './check-room-file.ts';
import type { HeadKeys } from '../head/signed-head.ts';

/**
 * Puts a room's commits back, byte for byte, into a log of the same workspace that does not have the room. They name
 * their workspace and their room, and each the hash of the one before, so there is no honest way to put them elsewhere.
 * The whole file is checked before the first commit is written. Throws CliError (1) when anything speaks against it.
 */
export async function importRoomFile(nc: NatsConnection, ws: string, file: string, headKeys: HeadKeys | undefined): Promise<RoomFileReport> {
  const report = await checkRoomFile(file, headKeys);
  if (report.findings.length > 0) throw new CliError(exitCodes.finding, `${file} is not whole, nothing was written.`, 'parley room check tells what is wrong with it.');
  if (report.ws !== ws) throw new CliError(exitCodes.finding, `The room is of the workspace ${report.ws}, this one is ${ws}; nothing was written.`, 'Every commit names its workspace and is hashed into the next: in another one it would be a forgery. Its conversation can be read from the file.');
  const aggregate = { kind: 'room', id: report.room } as const;
  const log = await openJetStreamLog(nc);
  if ((await log.lastSeq(aggregate)) > 0) throw new CliError(exitCodes.finding, `The log has a room ${report.room} already; nothing was written.`);
  let expected = 0;
  await checkRoomFile(file, headKeys, async (_, bytes) => {
    const isControl = decodeCommit(bytes).events.some(({ type }) => visibilityEvents.has(type));
    const appended = await log.append(aggregate, expected, bytes, isControl ? { [controlHeader]: '1' } : {});
    if (appended.outcome !== 'stored') throw new CliError(exitCodes.unavailable, `A commit could not be written behind seq ${expected}: ${'detail' in appended ? appended.detail : appended.outcome}.`, 'The room is there in part now: restore the stream, or finish what this began with a log that is let alone.');
    expected = appended.seq;
  });
  return report;
}
