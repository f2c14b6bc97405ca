import type { NatsConnection } from '@nats-io/transport-node';
import { connectNats, reasonOf } from '@parley/kernel/nats/connect';
import { type Context, within, withoutPassword } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

const connectMsMax = 5_000;

/** Connects to another NATS than Parley's own, until the command ends. Throws CliError (69). */
export async function connectTo(context: Context, url: string): Promise<NatsConnection> {
  let reason: string | undefined;
  const connecting = connectNats({ url, name: 'parley-cli-other', onTrouble: (error) => { reason = reasonOf(error); } });
  const nc = await within(connecting, connectMsMax);
  if (!nc) {
    connecting.then((late) => late.close(), () => {});
    throw new CliError(exitCodes.unavailable, `NATS cannot be reached at ${withoutPassword(url)}${reason === undefined ? '' : `: ${reason}`}.`, 'The address was given on the command line.');
  }
  context.onEnd(() => nc.close());
  return nc;
}
