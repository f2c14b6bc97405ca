import { DiscardPolicy, jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { streamNames } from '@parley/contracts/wire/partition';
import { provisionOne } from '@parley/kernel/nats/provision';
import type { Context } from '../context.ts';
import { bad, type Check, fixable } from './check.ts';

/**
 * A stream or bucket that is not there. It is made only where nothing was ever read of it: to make a stream anew whose
 * events are lost would hide the loss behind an empty one.
 */
export async function missingStream(context: Context, name: string): Promise<Check> {
  const check = bad('streams', `${name} is missing`);
  if (streamNames.includes(name)) {
    const read = await lastRead(context, name);
    if (read === undefined) return { ...check, hint: 'Without the read database it cannot be told whether it ever held events. If it did, restore it; else start the projectors’ launcher, which makes it.' };
    if (read > 0) return { ...check, hint: `Its events up to ${read} were read once: restore it from a backup, then give the streams new epochs. It is not made anew here.` };
  }
  return fixable({ ...check, hint: 'parley doctor --fix makes it.' }, { what: `make ${name}`, run: () => provision(context, name) });
}

/** How far any projection has read a stream; undefined when nobody can tell. */
async function lastRead(context: Context, name: string): Promise<number | undefined> {
  if (context.settings.DATABASE_URL === undefined) return undefined;
  try {
    const sql = await context.database();
    const [row] = await sql<{ seq: string }[]>`select coalesce(max(seq), 0)::text as seq from ops.checkpoint where stream = ${name}`;
    return Number(row?.seq ?? 0);
  } catch {
    return undefined;
  }
}

async function provision(context: Context, name: string): Promise<string> {
  const nc = await context.nats();
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const others = await Promise.all(streamNames.map((each) => jsm.streams.info(each).catch(() => undefined)));
  const replicas = others.find((info) => info)?.config.num_replicas ?? (nc.info?.cluster === undefined ? 1 : 3);
  await provisionOne(nc, name, { replicas: replicas >= 3 ? 3 : 1 });
  return `${name} is there`;
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
