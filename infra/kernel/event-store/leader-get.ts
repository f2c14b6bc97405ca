import { type NatsConnection, RequestError } from '@nats-io/transport-node';
import { LogUnavailable } from './event-log.ts';

/** A message as the stream's leader has it. */
export type LeaderMessage = { readonly seq: number; readonly subject: string; readonly bytes: Uint8Array; readonly storedAtMs: number };
export type LeaderQuery =
  | { readonly last_by_subj: string }
  | { readonly seq: number }
  /** The first message at or after `seq` on the subject. */
  | { readonly seq: number; readonly next_by_subj: string };

type Answer = {
  readonly message?: { readonly seq: number; readonly subject: string; readonly data?: string; readonly time: string };
  readonly error?: { readonly err_code: number; readonly description: string };
};

const noMessageFoundCode = 10_037;
export const leaderGetMsMax = 2_000;

/**
 * Asks the leader of a stream for one message; undefined when there is none. Never stale, unlike a direct get, which
 * any replica answers. Throws LogUnavailable when there is no answer within `timeoutMs`, or an error.
 */
export async function leaderGet(nc: NatsConnection, stream: string, query: LeaderQuery, timeoutMs: number = leaderGetMsMax): Promise<LeaderMessage | undefined> {
  const answer = await ask(nc, stream, query, timeoutMs);
  if (answer.error?.err_code === noMessageFoundCode) return undefined;
  const { message } = answer;
  if (!message) throw new LogUnavailable(`${stream} cannot be read: ${answer.error?.description ?? 'an empty answer'}`);
  return { seq: message.seq, subject: message.subject, bytes: Buffer.from(message.data ?? '', 'base64'), storedAtMs: Date.parse(message.time) };
}

async function ask(nc: NatsConnection, stream: string, query: LeaderQuery, timeoutMs: number): Promise<Answer> {
  try {
    const reply = await nc.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(query), { timeout: timeoutMs });
    return reply.json<Answer>();
  } catch (error) {
    const reason = error instanceof RequestError ? 'nobody answers for it' : (error as Error).message;
    throw new LogUnavailable(`${stream} cannot be read: ${reason}`, { cause: error });
  }
}
