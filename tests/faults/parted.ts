import { findOnPath } from '@parley/dev/run';
import { aptInstall } from '@parley/dev/servers/apt';
import { Constellation } from '../harness/constellation.ts';
import { FaultProxy, type LinkFault } from '../harness/fault-proxy.ts';
import { NetworkNamespace } from '../harness/network-namespace.ts';
import type { Servers } from '../harness/servers.ts';

/** Between which of us the network can be parted. */
export const lineNames = ['gatewayNats', 'commandNats', 'commandVault', 'queryDatabase', 'projectorsDatabase'] as const;
type LineName = (typeof lineNames)[number];

/** `up` is from the service to its server. */
export type Line = { part(directions: { readonly up: boolean; readonly down: boolean }): Promise<void>; heal(): Promise<void> };

/** A constellation whose services reach their servers over lines that can be parted. */
export type Parted = {
  /** Real networks, or where the machine lets nobody make any, proxies that hold back what they are given. */
  readonly by: 'network namespaces' | 'proxies';
  readonly chat: Constellation;
  readonly lines: Readonly<Record<LineName, Line>>;
  /**
   * Makes the gateway's line to NATS slow and lossy; resolves with who loses. Lateness is always a proxy's, for which
   * kernels may lack what it needs.
   */
  readonly impair: (fault: { readonly delayMs: number; readonly loss: number }) => Promise<'the kernel' | 'a proxy'>;
  readonly repair: () => Promise<void>;
  stop(): Promise<void>;
};

/** Over real networks where this process may make some, unless PARLEY_PARTED_BY says `proxies`. */
export async function startParted(servers: Servers): Promise<Parted> {
  const gatewayNats = await FaultProxy.start(servers.nats.port);
  const ended: (() => Promise<unknown>)[] = [() => gatewayNats.stop()];
  const stop = async (): Promise<void> => {
    for (const end of ended.toReversed()) await end();
  };
  try {
    const byNamespaces = process.env['PARLEY_PARTED_BY'] !== 'proxies' && (await NetworkNamespace.canMake());
    const { chat, lines, gateway } = byNamespaces ? await inNamespaces(servers, gatewayNats, ended) : await overProxies(servers, gatewayNats, ended);
    const canLose = gateway !== undefined && (findOnPath('nft') !== undefined || (await aptInstall(['nftables'], () => {})) === undefined);
    return {
      by: byNamespaces ? 'network namespaces' : 'proxies', chat, lines, stop,
      async impair({ delayMs, loss }) {
        const byKernel = canLose && (await gateway.lose('nats', loss).then(() => true, () => false));
        const fault: LinkFault = { delayMs, ...(!byKernel && { loss }) };
        gatewayNats.set({ up: fault, down: fault });
        return byKernel ? 'the kernel' : 'a proxy';
      },
      async repair() {
        await gateway?.loseNothing();
        gatewayNats.heal();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Made = Pick<Parted, 'chat' | 'lines'> & { readonly gateway?: NetworkNamespace };

async function overProxies(servers: Servers, gatewayNats: FaultProxy, ended: (() => Promise<unknown>)[]): Promise<Made> {
  const { databaseUrl, vaultUrl, port } = servers.postgres;
  const [commandNats, commandVault, queryDatabase, projectorsDatabase] = await Promise.all([FaultProxy.start(servers.nats.port), ...Array.from({ length: 3 }, () => FaultProxy.start(port))]) as [FaultProxy, FaultProxy, FaultProxy, FaultProxy];
  const proxies = { gatewayNats, commandNats, commandVault, queryDatabase, projectorsDatabase };
  for (const proxy of Object.values(proxies).slice(1)) ended.push(() => proxy.stop());
  const chat = await Constellation.start({
    servers,
    env: {
      gateway: { NATS_URL: gatewayNats.through(servers.natsUrl) },
      'command-service': { NATS_URL: commandNats.through(servers.natsUrl), VAULT_URL: commandVault.through(vaultUrl) },
      'query-service': { DATABASE_URL: queryDatabase.through(databaseUrl) },
      projectors: { DATABASE_URL: projectorsDatabase.through(databaseUrl) },
    },
  });
  ended.push(() => chat.stop());
  const lineOf = (proxy: FaultProxy): Line => ({
    part: async ({ up, down }) => proxy.set({ up: { holds: up }, down: { holds: down } }),
    heal: async () => proxy.heal(),
  });
  return { chat, lines: Object.fromEntries(Object.entries(proxies).map(([name, proxy]) => [name, lineOf(proxy)])) as Record<LineName, Line> };
}

/** Each service in a network of its own: one cable to the server that it is to be parted from, one to everything else. */
async function inNamespaces(servers: Servers, gatewayNats: FaultProxy, ended: (() => Promise<unknown>)[]): Promise<Made> {
  const { postgres, redis, natsUrl, nats, dir } = servers;
  const make = async (...cables: string[]): Promise<NetworkNamespace> => {
    const namespace = await NetworkNamespace.make(dir, cables);
    ended.push(() => namespace[Symbol.asyncDispose]());
    return namespace;
  };
  const [gateway, command, query, projectors] = [await make('nats', 'rest'), await make('nats', 'vault', 'rest'), await make('database', 'rest'), await make('database', 'rest')];
  /** The address of one of our servers as those at the other end of a cable reach it. */
  const reach = async (namespace: NetworkNamespace, cable: string, port: number, url: string, targetHost = '127.0.0.1'): Promise<string> => {
    const proxy = await FaultProxy.start(port, { listenHost: namespace.outside(cable), targetHost });
    ended.push(() => proxy.stop());
    return proxy.through(url);
  };
  const others = async (namespace: NetworkNamespace): Promise<Record<string, string>> => ({ HOST: namespace.inside('rest'), ...(redis && { REDIS_URL: await reach(namespace, 'rest', redis.port, redis.url) }) });
  const { databaseUrl, vaultUrl, port } = postgres;
  const ofGateway: Record<string, string> = {
    ...(await others(gateway)), NATS_URL: await reach(gateway, 'nats', gatewayNats.port, natsUrl), VAULT_URL: await reach(gateway, 'rest', port, vaultUrl),
  };
  const chat = await Constellation.start({
    servers, gateways: 0,
    runUnder: { gateway: gateway.runUnder, 'command-service': command.runUnder, 'query-service': query.runUnder, projectors: projectors.runUnder },
    env: {
      gateway: ofGateway,
      'command-service': { HOST: command.inside('rest'), NATS_URL: await reach(command, 'nats', nats.port, natsUrl), VAULT_URL: await reach(command, 'vault', port, vaultUrl) },
      'query-service': { ...(await others(query)), NATS_URL: await reach(query, 'rest', nats.port, natsUrl), DATABASE_URL: await reach(query, 'database', port, databaseUrl) },
      projectors: { ...(await others(projectors)), NATS_URL: await reach(projectors, 'rest', nats.port, natsUrl), VAULT_URL: await reach(projectors, 'rest', port, vaultUrl), DATABASE_URL: await reach(projectors, 'database', port, databaseUrl) },
    },
  });
  ended.push(() => chat.stop());
  const questions = chat.service('query-service');
  ofGateway['QUERY_URL'] = await reach(gateway, 'rest', questions.port, questions.url, query.inside('rest'));
  await chat.add('gateway');
  const lineOf = (namespace: NetworkNamespace, cable: string): Line => ({ part: (directions) => namespace.part(cable, directions), heal: () => namespace.heal(cable) });
  return {
    chat, gateway,
    lines: {
      gatewayNats: lineOf(gateway, 'nats'), commandNats: lineOf(command, 'nats'), commandVault: lineOf(command, 'vault'),
      queryDatabase: lineOf(query, 'database'), projectorsDatabase: lineOf(projectors, 'database'),
    },
  };
}
