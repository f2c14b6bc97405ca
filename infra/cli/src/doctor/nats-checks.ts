import { DiscardPolicy, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { setTimeout as pause } from 'node:timers/promises';
import { streamNames } from '@parley/contracts/wire/partition';
import { membersBucket, snapshotsBucket, subjectsOfStream } from '@parley/contracts/wire/subjects';
import { workspaceOf } from '@parley/kernel/event-store/workspace';
import { readMembers } from '@parley/kernel/routing/members-view';
import type { Context } from '../context.ts';
import { bad, type Check, isAtLeast, look, ok, unknown, warn } from './check.ts';
import { missingStreams, wrongSettings } from './stream-fixes.ts';

const natsLeast = '2.14';
const membersWaitMs = 1_500;
const membersAskEveryMs = 200;
const skewMsMax = 2_000;
const pingSecondsMax = 30;

/** What must hold of the log's server, its streams, and who serves commands. */
export async function natsChecks(context: Context): Promise<readonly Check[]> {
  const server = await look('nats', async () => {
    const nc = await context.nats();
    const version = nc.info?.version ?? '?';
    const begun = performance.now();
    await nc.flush();
    const rttMs = performance.now() - begun;
    return isAtLeast(version, natsLeast) ? ok('nats', `${version}, ${rttMs.toFixed(1)} ms away`) : bad('nats', `version ${version}`, `Parley needs ${natsLeast} or newer.`);
  });
  if (server.some(({ state }) => state === 'bad')) return server;
  const rest = await Promise.all([look('sync', () => syncCheck(context)), look('streams', () => streamChecks(context)), look('workspace', () => workspaceCheck(context)), look('members', () => memberCheck(context))]);
  return [...server, ...rest.flat()];
}

/** Only the monitoring endpoint tells whether an acknowledgement means a sync. */
async function syncCheck({ settings }: Context): Promise<Check | readonly Check[]> {
  const url = settings.NATS_MONITOR_URL;
  if (url === undefined) return unknown('sync', 'NATS_MONITOR_URL is not set', 'Whether every append is synced is told by the monitoring endpoint alone.');
  const varz = (await (await fetch(new URL('/varz', url), { signal: AbortSignal.timeout(3_000) })).json()) as { jetstream?: { config?: { sync_always?: boolean; sync_interval?: number; store_dir?: string } }; ping_interval?: number };
  const config = varz.jetstream?.config;
  if (!config) return bad('sync', 'JetStream is off');
  const pingSeconds = (varz.ping_interval ?? 0) / 1e9;
  // The server's own configuration is nobody's to change from here.
  const ping = pingSeconds > pingSecondsMax ? warn('ping', `the server asks silent clients every ${pingSeconds} s`, 'Set ping_interval: "5s" and ping_max: 2 in its configuration: a host that vanished holds its connections until then.') : ok('ping', `every ${pingSeconds} s`);
  return [ping, config.sync_always === true ? ok('sync', 'always: what is acknowledged is on the disk') : bad('sync', `every ${Math.round((config.sync_interval ?? 0) / 1e9)} s`, 'Set sync_interval: always; a loss of power would lose what was acknowledged.')];
}

async function streamChecks(context: Context): Promise<readonly Check[]> {
  const jsm = await jetstreamManager(await context.nats(), { checkAPI: false });
  const faults: Check[] = [];
  const missing: string[] = [];
  let serverMs: number | undefined;
  let used = 0;
  for (const [index, name] of streamNames.entries()) {
    const info = await jsm.streams.info(name).catch(() => undefined);
    if (!info) {
      missing.push(name);
      continue;
    }
    faults.push(...wrongSettings(jsm, name, info.config, configFaults(index, info.config)));
    if ((info.state.num_deleted ?? 0) > 0 || info.state.first_seq > 1) faults.push(bad('streams', `${name}: messages were deleted`, 'parley verify names them.'));
    if (info.config.max_bytes > 0) used = Math.max(used, info.state.bytes / info.config.max_bytes);
    serverMs = Date.parse((info as { ts?: string }).ts ?? '') || serverMs;
  }
  for (const bucket of [`KV_${membersBucket}`, `OBJ_${snapshotsBucket}`]) {
    if (!(await jsm.streams.info(bucket).catch(() => undefined))) missing.push(bucket);
  }
  faults.push(...(await missingStreams(context, missing)));
  const skewMs = serverMs === undefined ? undefined : Date.now() - serverMs;
  return [
    ...(faults.length > 0 ? faults : [ok('streams', `${streamNames.length} streams and 2 buckets are as they must be`)]),
    used > 0.8 ? warn('space', `the fullest stream is ${Math.round(used * 100)} % full`, 'Raise max_bytes before appends are refused.') : ok('space', `the fullest stream is ${(used * 100).toFixed(1)} % full`),
    skewMs === undefined ? unknown('clock', 'the server does not tell its time') : Math.abs(skewMs) > skewMsMax ? bad('clock', `${skewMs} ms off the log's`, 'Let NTP set it: instances that are 2 s off do not serve.') : ok('clock', `${skewMs} ms off the log's`),
  ];
}

function configFaults(index: number, config: StreamConfig): string[] {
  const wanted = subjectsOfStream(index).toSorted();
  return [
    ...(config.storage === 'file' ? [] : [`storage is ${config.storage}`]),
    ...(config.discard === DiscardPolicy.New ? [] : [`discard is ${config.discard}: it would drop old events`]),
    ...(config.max_age === 0 ? [] : ['events expire']),
    ...(config.max_msgs === -1 && config.max_msgs_per_subject === -1 ? [] : ['the number of messages is limited']),
    ...(config.allow_rollup_hdrs ? ['events can be rolled up'] : []),
    ...(JSON.stringify(config.subjects.toSorted()) === JSON.stringify(wanted) ? [] : [`subjects are ${config.subjects.join(', ')}`]),
    ...(/^[a-z0-9]{8}$/.test(config.metadata?.['epoch'] ?? '') ? [] : ['it has no epoch']),
  ];
}

async function workspaceCheck(context: Context): Promise<readonly Check[]> {
  // Streams that are not there yet are told of by others.
  const found = await workspaceOf(await context.nats()).catch(() => undefined);
  const { PARLEY_WS: ws } = context.settings;
  return found === undefined || found === ws ? [] : [bad('workspace', `the log is of ${JSON.stringify(found)}, PARLEY_WS is ${JSON.stringify(ws)}`, 'Services that are set so refuse to start.')];
}

async function memberCheck(context: Context): Promise<Check> {
  const nc = await context.nats();
  const until = performance.now() + membersWaitMs;
  let members = await readMembers(nc);
  // They beat each second; a server that just started has heard of nobody yet.
  while (members.length === 0 && performance.now() < until) {
    await pause(membersAskEveryMs);
    members = await readMembers(nc);
  }
  if (members.length === 0) return bad('members', 'no command-service is alive', 'Nothing can be written.');
  const versions = new Set(members.map(({ version }) => version));
  const text = members.map(({ instance, version }) => `${instance} ${version}`).join(', ');
  return versions.size > 1 ? warn('members', `${text}: two releases at once`, 'Fine while a release is rolled out.') : ok('members', text);
}
