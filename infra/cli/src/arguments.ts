import { InvalidArgumentError } from 'commander';
import { CommandId, RoomId, UserId } from '@parley/contracts/ids';

/** Options and arguments are refused here, before anything is asked of a server. */

const patternCharsMax = 256;
const countMax = 1_000_000;

/** A room's id. Throws InvalidArgumentError. */
export function roomId(text: string): string {
  if (!RoomId.safeParse(text).success) throw new InvalidArgumentError('a room’s id is 1 to 64 letters, digits, "_" or "-".');
  return text;
}

/** A person's id. Throws InvalidArgumentError. */
export function userId(text: string): string {
  if (!UserId.safeParse(text).success) throw new InvalidArgumentError('a person’s id is a lower-case UUID of version 7 or 8.');
  return text;
}

/** Who caused an event: a person, or `system`. Throws InvalidArgumentError. */
export const authorId = (text: string): string => (text === 'system' ? text : userId(text));

/** A command's id. Throws InvalidArgumentError. */
export function commandId(text: string): string {
  if (!CommandId.safeParse(text).success) throw new InvalidArgumentError('a command’s id is a lower-case UUID of version 7.');
  return text;
}

/** A message: its id, or the number of the event that posted it. Throws InvalidArgumentError. */
export function messageRef(text: string): string | number {
  if (/^\d+$/.test(text)) return wholeNumber(text);
  if (!CommandId.safeParse(text).success) throw new InvalidArgumentError('a message is named by its id (a lower-case UUID of version 7) or its event number.');
  return text;
}

/** Words to look for. Throws InvalidArgumentError for what no text can hold. */
export function pattern(text: string): string {
  if (text === '' || text.length > patternCharsMax || !text.isWellFormed() || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw new InvalidArgumentError(`must be 1 to ${patternCharsMax} characters on one line, without control characters or half characters.`);
  }
  return text.normalize('NFC');
}

/** The type of an event, or the beginning of it such as `room.` or `message.`. Throws InvalidArgumentError. */
export function eventType(text: string): string {
  if (!/^[a-z]+(\.[a-z-]*)?$/.test(text) || text.length > 64) throw new InvalidArgumentError('must be an event’s type such as message.posted, or its beginning such as room.');
  return text;
}

/** How many at most. Throws InvalidArgumentError. */
export function count(text: string): number {
  const value = wholeNumber(text);
  if (value > countMax) throw new InvalidArgumentError(`must be at most ${countMax.toLocaleString('en-US')}.`);
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1 on.');
  return value;
}

/** A file to keep a place in. Throws InvalidArgumentError. */
export function fileName(text: string): string {
  if (text === '' || text.length > 250 || !text.isWellFormed() || /[\u0000-\u001f\u007f]/.test(text)) throw new InvalidArgumentError('must be a file’s name.');
  return text;
}

/** The address of a NATS server. Throws InvalidArgumentError. */
export function natsUrl(text: string): string {
  if (!/^(nats|tls):\/\/[A-Za-z0-9._:@,/[\]-]{1,200}$/.test(text)) throw new InvalidArgumentError('must be an address such as nats://127.0.0.1:4222.');
  return text;
}
