import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Session, sessionPath } from '@parley/contracts/realtime/session';
import { streamNames } from '@parley/contracts/wire/partition';
import { makeSecrets, type Secrets } from '@parley/kernel/config/secrets';
import { freePort } from '@parley/dev/servers/free-port';
import { makeServiceRoles, type OwnAddresses } from '@parley/dev/service-roles';
import { startService, type Service, type ServiceName, type ServiceWorld } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import postgres from 'postgres';
import { startServers, type Servers, type ServersOptions } from './servers.ts';

export type ConstellationOptions = {
  readonly gateways?: number;
  readonly commandServices?: number;
  readonly projectors?: number;
  readonly queryServices?: number;
  /** Servers to share with other constellations; without, it starts (and stops) its own with `serversOptions`. */
  readonly servers?: Servers;
  readonly serversOptions?: ServersOptions;
  readonly workspace?: string;
  /** Search is answered from this OpenSearch instead of PostgreSQL. */
  readonly openSearch?: ServiceWorld['openSearch'];
  readonly secrets?: Secrets;
  /** More or other environment of one kind of service. */
  readonly env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** The program that starts one kind of service, instead of node itself. */
  readonly runUnder?: Partial<Record<ServiceName, string>>;
};

export type SignedIn = { readonly token: string; readonly userId: string; readonly name: string };

const SETTLED_MS = 120_000;

/**
 * All of Parley for one test: real servers and the compiled services, each a process of its own that can be killed,
 * paused and started again by its kind and number. Use with `await using`, or call stop().
 */
export class Constellation {
  readonly servers: Servers;
  readonly world: ServiceWorld;
  readonly #ownsServers: boolean;
  readonly #env: ConstellationOptions['env'];
  readonly #runUnder: ConstellationOptions['runUnder'];
  readonly #services = new Map<ServiceName, Service[]>();
  /** Of the first query-service, known before it runs: gateways start beside it. */
  readonly #queryPort: Promise<number> = freePort();

  private constructor(servers: Servers, own: OwnAddresses, options: ConstellationOptions) {
    this.servers = servers;
    this.#ownsServers = options.servers === undefined;
    this.#env = options.env;
    this.#runUnder = options.runUnder;
    this.world = {
      natsUrl: servers.natsUrl,
      databaseUrl: servers.postgres.databaseUrl,
      vaultUrl: servers.postgres.vaultUrl,
      redisUrl: servers.redis?.url,
      openSearch: options.openSearch,
      secrets: options.secrets ?? makeSecrets(),
      workspace: options.workspace ?? 'main',
      own,
    };
  }

  /** Starts servers (unless given) and services, one of each kind unless told otherwise; resolves when all are ready. */
  static async start(options: ConstellationOptions = {}): Promise<Constellation> {
    const servers = options.servers ?? (await startServers(options.serversOptions));
    const constellation = new Constellation(servers, await makeServiceRoles(servers.postgres), options);
    try {
      await Promise.all([
        constellation.#add('query-service', options.queryServices ?? 1),
        constellation.#add('command-service', options.commandServices ?? 1),
        constellation.#add('projectors', options.projectors ?? 1),
        constellation.#add('gateway', options.gateways ?? 1),
      ]);
    } catch (error) {
      await constellation.stop();
      throw error;
    }
    return constellation;
  }

  /** The address of a gateway. */
  url(index = 0): string {
    return this.service('gateway', index).url;
  }

  /** One running service by its kind and number. @throws when there is none. */
  service(name: ServiceName, index = 0): Service {
    const service = this.#services.get(name)?.[index];
    if (service === undefined) throw new Error(`There is no ${name} ${index}.`);
    return service;
  }

  /** Starts one more service of a kind and returns it. */
  async add(name: ServiceName): Promise<Service> {
    await this.#add(name, 1);
    return this.service(name, (this.#services.get(name)?.length ?? 0) - 1);
  }

  /** Kills a service, by SIGKILL unless told; resolves when it is gone. */
  async kill(name: ServiceName, index = 0, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.service(name, index).kill(signal);
  }

  /** Starts a killed service again on its port (or ends it in order first); resolves when it is ready. */
  async restart(name: ServiceName, index = 0): Promise<void> {
    await this.service(name, index).restart();
  }

  /** Where a service's log is. */
  logFile(name: ServiceName, index = 0): string {
    return join(this.servers.dir, 'logs', `${name}-${index}.log`);
  }

  /** Signs a person in (registering the name the first time) through a gateway. */
  async signIn(name: string, gateway = 0): Promise<SignedIn> {
    const answer = await fetch(`${this.url(gateway)}${sessionPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`Sign-in of ${name} was refused with ${answer.status}: ${JSON.stringify(body)}`);
    const session = Session.parse(body);
    return { token: session.token, userId: session.userId, name: session.name };
  }

  /**
   * Waits until every projection has applied what every stream held when this was called.
   * @throws after two minutes, naming the projections that are behind.
   */
  async settled(): Promise<void> {
    const lasts = await this.#lastSequences();
    const sql = postgres(this.servers.postgres.databaseUrl, { max: 1, onnotice: () => {} });
    let behind = '';
    try {
      await until('the projections', async () => {
        const rows = await sql<{ projection: string; stream: string; seq: string }[]>`
          select projection, stream, seq::text as seq from ops.active_checkpoint`;
        const late = rows.filter(({ stream, seq }) => Number(seq) < (lasts.get(stream) ?? 0));
        // A stream that holds something needs somebody's checkpoint.
        const unread = [...lasts].filter(([stream, last]) => last > 0 && !rows.some((row) => row.stream === stream));
        behind = [...late.map((row) => `${row.projection} on ${row.stream} at ${row.seq} of ${lasts.get(row.stream)}`), ...unread.map(([stream]) => `nobody on ${stream}`)].join('; ');
        return behind === '';
      }, { timeoutMs: SETTLED_MS });
    } catch (error) {
      throw new Error(`The projections did not settle: ${behind}`, { cause: error });
    } finally {
      await sql.end();
    }
  }

  /** Stops the services in order, gateways first, then the servers when they are its own. */
  async stop(): Promise<void> {
    for (const names of [['gateway'], ['query-service', 'command-service', 'projectors']] as const) {
      await Promise.all(names.flatMap((name) => this.#services.get(name) ?? []).map((service) => service.stop()));
    }
    if (this.#ownsServers) await this.servers.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #add(name: ServiceName, count: number): Promise<void> {
    const list = this.#services.get(name) ?? [];
    this.#services.set(name, list);
    const first = list.length;
    const own: Record<string, string> = name === 'gateway' ? { QUERY_URL: `http://127.0.0.1:${await this.#queryPort}` } : {};
    const results = await Promise.allSettled(
      Array.from({ length: count }, async (_, offset) =>
        startService({
          // Not one the system chooses: nobody else may have it while the service is down.
          port: name === 'query-service' && first + offset === 0 ? await this.#queryPort : await freePort(),
          name,
          instance: `${name}-${first + offset}`,
          world: this.world,
          logFile: this.logFile(name, first + offset),
          env: { LOG_LEVEL: 'info', ...own, ...this.#env?.[name] },
          runUnder: this.#runUnder?.[name],
        }),
      ),
    );
    for (const result of results) if (result.status === 'fulfilled') list.push(result.value);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #lastSequences(): Promise<Map<string, number>> {
    const nc = await connect({ servers: this.world.natsUrl.split(',') });
    try {
      const jsm = await jetstreamManager(nc);
      const infos = await Promise.all(streamNames.map((name) => jsm.streams.info(name)));
      return new Map(infos.map((info) => [info.config.name, info.state.last_seq]));
    } finally {
      await nc.close();
    }
  }
}
