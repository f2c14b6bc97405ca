import { DiscardPolicy, jetstream, JetStreamApiError, type JetStreamManager, jetstreamManager, StorageType, type StreamInfo } from '@nats-io/jetstream';
import { headers as makeHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { streamNames } from '@parley/contracts/wire/partition';
import { subjectsOfStream } from '@parley/contracts/wire/subjects';
import { CliError, exitCodes } from '../exit-codes.ts';
import { quoted } from '../printable.ts';
import type { Sink } from './sink.ts';

/** Where a replayed commit comes from: `<stream>:<sequence>`. */
export const originHeader = 'Parley-Origin';
/** What the server itself would act on is carried under another name. */
const formerPrefix = 'Parley-Was-';
const sandboxMark = 'parley-sandbox';
const inFlightMax = 256;
const streamNotFoundCode = 10_059;

/** Checks the name of a sandbox stream. Throws CliError (2) for names that Parley or NATS use for their own. */
export function sandboxName(name: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw new CliError(exitCodes.usage, `${quoted(name)} is no name for a stream.`, 'A name is 1 to 64 letters, digits, "_" or "-".');
  if (/^(EVT|RDR)_\d+$|^(KV|OBJ|MQTT)_/i.test(name)) throw new CliError(exitCodes.usage, `${name} is a name that Parley keeps for itself.`, 'Name the sandbox otherwise, such as SANDBOX.');
  return name;
}

export const sandboxPrefix = (name: string): string => `sandbox.${name}.`;

/**
 * Publishes commits, bytes and headers as they are, into a stream of their own: subject `sandbox.<name>.` and then the
 * one they had. Each append names the sequence that must precede it, so nothing is left out or doubled even if it is
 * cut off; what the stream holds already is passed over when `isResumed`. Throws CliError (2) for a stream that is no
 * sandbox, or that holds something and is not resumed.
 */
export async function openStreamSink(nc: NatsConnection, name: string, isResumed: boolean): Promise<Sink> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const info = await sandbox(jsm, name);
  if (info.state.messages > 0 && !isResumed) throw new CliError(exitCodes.usage, `Stream ${name} holds ${info.state.messages} messages already.`, 'Name another one, or go on with --resume FILE.');
  const held = info.state.messages > 0 ? await heldBy(jsm, name) : new Map<string, number>();
  const js = jetstream(nc);
  let last = info.state.last_seq;
  let published = 0;
  return {
    async write(messages) {
      const fresh = messages.filter(({ stream, seq }) => seq > (held.get(stream) ?? 0));
      for (let at = 0; at < fresh.length; at += inFlightMax) {
        const part = fresh.slice(at, at + inFlightMax);
        const sent = part.map(({ bytes, subject, ...message }, index) => js.publish(`${sandboxPrefix(name)}${subject}`, bytes, { headers: headersOf(message), expect: { lastSequence: last + index } }));
        const failed = (await Promise.allSettled(sent)).find((answer) => answer.status === 'rejected');
        if (failed) throw new CliError(exitCodes.unavailable, `Stream ${name} did not take a commit: ${failed.reason instanceof Error ? failed.reason.message : String(failed.reason)}.`, 'With --resume FILE it goes on behind what the stream holds.');
        last += part.length;
        published += part.length;
      }
    },
    finish: () => Promise.resolve({ report: { stream: name, subjects: `${sandboxPrefix(name)}>`, published }, text: `${published.toLocaleString('en-US')} commits in stream ${name}, under ${sandboxPrefix(name)}>` }),
    abandon: () => Promise.resolve(),
  };
}

async function sandbox(jsm: JetStreamManager, name: string): Promise<StreamInfo> {
  const subjects = [`${sandboxPrefix(name)}>`];
  let info: StreamInfo;
  try {
    info = await jsm.streams.info(name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNotFoundCode) throw error;
    return jsm.streams.add({ name, subjects, storage: StorageType.File, discard: DiscardPolicy.New, metadata: { [sandboxMark]: '1' }, description: 'Replayed commits; may be deleted' });
  }
  if (info.config.metadata?.[sandboxMark] !== '1' || info.config.subjects?.join() !== subjects.join()) throw new CliError(exitCodes.usage, `There is a stream ${name} that is no sandbox.`, 'Name one that is not there; it is made.');
  return info;
}

/** Last sequence of each of our streams that the sandbox holds. */
async function heldBy(jsm: JetStreamManager, name: string): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  for (const [index, stream] of streamNames.entries()) {
    for (const subject of subjectsOfStream(index)) {
      const message = await jsm.streams.getMessage(name, { last_by_subj: `${sandboxPrefix(name)}${subject}` }).catch(() => null);
      const [origin, seq] = message?.header.get(originHeader).split(':') ?? [];
      if (origin === stream) held.set(stream, Math.max(held.get(stream) ?? 0, Number(seq)));
    }
  }
  return held;
}

function headersOf({ headers, stream, seq }: { readonly headers: MsgHdrs | undefined; readonly stream: string; readonly seq: number }): MsgHdrs {
  const kept = makeHeaders();
  for (const name of headers?.keys() ?? []) for (const value of headers?.values(name) ?? []) kept.append(name.startsWith('Nats-') ? `${formerPrefix}${name}` : name, value);
  kept.set(originHeader, `${stream}:${seq}`);
  return kept;
}

