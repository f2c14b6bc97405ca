import { DiscardPolicy, jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { streamNames } from '@parley/contracts/wire/partition';
import { provisionOne } from '@parley/kernel/nats/provision';
import type { Context } from '../context.ts';
import { bad, type Check, fixable, undefinedTable } from './check.ts';

/**
 * Streams and buckets that are not there. One is made only where nothing was ever read of it: to make a stream anew whose
 * events are lost would hide the loss behind an empty one.
 */
export async function missingStreams(context: Context, names: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  const [neverRead, untold]: [string[], string[]] = [[], []];
  for (const name of names) {
    const read = streamNames.includes(name) ? await lastRead(context, name) : 0;
    if (read === undefined) untold.push(name);
    else if (read === 0) neverRead.push(name);
    else checks.push(bad('streams', `${name} is missing`, `Its events up to ${read} were read once: restore it from a backup, then parley log restored. It is not made anew here.`));
  }
  if (untold.length > 0) checks.push(bad('streams', missing(untold), 'Whether events were ever read from there is told by the read database alone: set DATABASE_URL, or restore what was lost.'));
  if (neverRead.length > 0) {
    checks.push(fixable(bad('streams', missing(neverRead), `parley doctor --fix makes ${neverRead.length === 1 ? 'it' : 'them'}.`), { what: `make ${neverRead.join(', ')}`, run: () => provision(context, neverRead) }));
  }
  return checks;
}

const missing = (names: readonly string[]): string => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} missing`;

/** How far any projection has read a stream; undefined when nobody can tell. A database without tables never held rows of any. */
async function lastRead(context: Context, name: string): Promise<number | undefined> {
  if (context.settings.DATABASE_URL === undefined) return undefined;
  try {
    const sql = await context.database();
    const [row] = await sql<{ seq: string }[]>`select coalesce(max(seq), 0)::text as seq from ops.checkpoint where stream = ${name}`;
    return Number(row?.seq ?? 0);
  } catch (error) {
    return (error as { code?: string }).code === undefinedTable ? 0 : undefined;
  }
}

async function provision(context: Context, names: readonly string[]): Promise<string> {
  const nc = await context.nats();
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const others = await Promise.all(streamNames.map((each) => jsm.streams.info(each).catch(() => undefined)));
  const replicas = others.find((info) => info)?.config.num_replicas ?? (nc.info?.cluster === undefined ? 1 : 3);
  for (const name of names) await provisionOne(nc, name, { replicas: replicas >= 3 ? 3 : 1, ...(context.settings.NATS_STREAM_BYTES !== undefined && { streamBytesMax: context.settings.NATS_STREAM_BYTES }) });
  return `made ${names.join(', ')}, ${replicas >= 3 ? '3 replicas' : '1 replica'} each`;
}

/** What a stream's settings may be changed to while it holds events: only towards keeping more. */
const harmless = { discard: DiscardPolicy.New, max_age: 0, max_msgs: -1, max_msgs_per_subject: -1, allow_rollup_hdrs: false } as const satisfies Partial<StreamConfig>;
const harmlessFaults = /^(?:discard is|events expire|the number of messages|events can be rolled up)/;

/** A finding per wrong setting; those that only decide what is thrown away can be set right on the spot. */
export function wrongSettings(jsm: JetStreamManager, name: string, config: StreamConfig, faults: readonly string[]): Check[] {
  return faults.map((fault) => {
    const check = bad('streams', `${name}: ${fault}`);
    if (!harmlessFaults.test(fault)) return { ...check, hint: 'It cannot be changed under events: copy them into a stream that is right, in order, and give it a new epoch.' };
    return fixable({ ...check, hint: 'parley doctor --fix sets it right; what was dropped already stays lost: parley verify names it.' }, {
      what: `let ${name} keep everything`,
      run: async () => {
        await jsm.streams.update(name, { ...config, ...harmless });
        return `${name} keeps everything now`;
      },
    });
  });
}
