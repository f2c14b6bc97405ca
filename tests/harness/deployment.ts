import { spawn } from 'node:child_process';
import { chownSync, copyFileSync, cpSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@parley/dev/paths';
import { makeSecrets } from '@parley/kernel/config/secrets';
import { startChild } from '@parley/dev/servers/child';
import { freePort } from '@parley/dev/servers/free-port';
import { ensureNats } from '@parley/dev/servers/nats';
import { ensureNginx } from '@parley/dev/servers/nginx';
import { startPostgres, type Postgres } from '@parley/dev/servers/postgres';
import { ensureRedis } from '@parley/dev/servers/redis';
import { startServer, type Server } from '@parley/dev/servers/server';
import { unprivilegedUser } from '@parley/dev/servers/unprivileged';
import { startService, type Service, type ServiceName } from '@parley/dev/services';
import { until } from '@parley/dev/until';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { addressWith } from '@parley/kernel/stores/postgres-address';
import { v7 as uuidv7 } from 'uuid';
import { type Certificates, makeCertificates } from './certificates.ts';
import { ended } from './parley.ts';

const files = join(ROOT, 'infra', 'deploy');
const password = 'a word of the test';
const natsUsers = ['command-service', 'gateway', 'projectors', 'operator'] as const;
export type NatsUser = (typeof natsUsers)[number];
const replicas = [1, 2] as const;

/**
 * Parley set up from the files of `infra/deploy`, as they are but for addresses: three NATS servers, PostgreSQL and Redis
 * that speak TLS alone to Parley, a role per service everywhere, nginx in front of two of each pool.
 */
export class Deployment {
  readonly dir: string;
  readonly certificates: Certificates;
  readonly nats: Server[] = [];
  readonly services = new Map<string, Service>();
  readonly #secrets = makeSecrets();
  readonly #stack = new AsyncDisposableStack();
  readonly #ports: Record<'pages' | 'queries' | 'redis', number>;
  readonly #natsPorts: readonly number[];
  readonly #monitorPorts: readonly number[];
  readonly #servicePorts = new Map<string, number>();
  #postgres: Postgres | undefined;

  private constructor(dir: string, certificates: Certificates, ports: readonly number[]) {
    this.dir = dir;
    this.certificates = certificates;
    const [pages = 0, queries = 0, redis = 0, ...more] = ports;
    this.#ports = { pages, queries, redis };
    this.#natsPorts = more.slice(0, 3);
    this.#monitorPorts = more.slice(3, 6);
    this.#stack.defer(() => rm(dir, { recursive: true, force: true }));
  }

  /** Starts the servers; nothing is set up in them. */
  static async start(): Promise<Deployment> {
    const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
    const ports: number[] = [];
    while (ports.length < 9) ports.push(await freePort());
    const deployment = new Deployment(dir, await makeCertificates(dir), ports);
    try {
      await Promise.all([deployment.#startNats(), deployment.#startPostgres(), deployment.#startRedis()]);
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
    return deployment;
  }

  /** What people open. */
  get url(): string {
    return `https://localhost:${this.#ports.pages}`;
  }

  natsUrl(user: NatsUser): string {
    return this.#natsPorts.map((port) => `tls://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`).join(',');
  }

  /** The address of a database for one role, TLS and all. */
  databaseUrl(database: 'parley' | 'parley_vault', user: string): string {
    return `${addressWith(this.#server.databaseUrl, { database, user, password })}?sslmode=verify-full&sslrootcert=${this.certificates.ca}`;
  }

  get #server(): Postgres {
    if (this.#postgres === undefined) throw new Error('PostgreSQL is not there yet.');
    return this.#postgres;
  }

  /** Runs one of the SQL files as the administrator. */
  async administer(file: string): Promise<void> {
    const sql = openPostgres(this.#server.urlOf('postgres'), { max: 1, name: 'administrator' });
    const text = readFileSync(join(files, 'postgres', file), 'utf8').replaceAll(/^--.*$/gm, '').replaceAll(/:'\w+'/g, `'${password}'`);
    try {
      // One by one, as psql does: a database cannot be made within a transaction.
      for (const statement of text.split(';').filter((each) => each.trim() !== '')) await sql.unsafe(statement);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  /** Runs the CLI as the operator. */
  parley(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [join(ROOT, 'infra', 'cli', 'dist', 'main.js'), ...args], {
      env: {
        PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NO_COLOR: '1', PARLEY_DATA: this.dir,
        NATS_URL: this.natsUrl('operator'), NATS_CA_FILE: this.certificates.ca, NATS_MONITOR_URL: `http://127.0.0.1:${this.#monitorPorts[0]}`, NATS_STREAM_BYTES: String(64 * 1024 ** 2),
        DATABASE_URL: this.databaseUrl('parley', 'parley_owner'), VAULT_URL: this.databaseUrl('parley_vault', 'parley_vault_owner'),
        REDIS_URL: this.#redisUrl, REDIS_CA_FILE: this.certificates.ca, GATEWAY_URL: this.url, QUERY_URL: `http://127.0.0.1:${this.#ports.queries}`, NODE_EXTRA_CA_CERTS: this.certificates.ca,
        PARLEY_KEK: this.#secrets.PARLEY_KEK, PARLEY_INTERNAL_KEY: this.#secrets.PARLEY_INTERNAL_KEY, PARLEY_HEAD_KEY: this.#secrets.PARLEY_HEAD_KEY,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return ended(child);
  }

  /** Starts two of every service, and nginx in front of them. */
  async startServices(): Promise<void> {
    for (const name of ['api-1', 'api-2', 'live-1', 'live-2', 'query-1', 'query-2']) this.#servicePorts.set(name, await freePort());
    await this.#startNginx();
    await Promise.all(replicas.flatMap((each) => [
      this.#startService('command-service', `command-${each}`, 'command-service', { VAULT_URL: this.databaseUrl('parley_vault', 'parley_command_service') }),
      this.#startService('projectors', `projectors-${each}`, 'projectors', { DATABASE_URL: this.databaseUrl('parley', 'parley_owner'), VAULT_URL: this.databaseUrl('parley_vault', 'parley_projectors') }),
      this.#startService('query-service', `query-${each}`, undefined, { DATABASE_URL: this.databaseUrl('parley', 'parley_query_service') }),
    ]));
    await Promise.all(replicas.flatMap((each) => (['api', 'live'] as const).map((role) => this.#startService('gateway', `${role}-${each}`, 'gateway', {
      GATEWAY_ROLE: role, VAULT_URL: this.databaseUrl('parley_vault', 'parley_gateway'), QUERY_URL: `http://127.0.0.1:${this.#ports.queries}`, TRUST_PROXY: '127.0.0.1',
    }))));
  }

  service(instance: string): Service {
    const service = this.services.get(instance);
    if (service === undefined) throw new Error(`There is no ${instance}.`);
    return service;
  }

  /** One request as a browser sends it, over TLS, through nginx. */
  call(method: string, path: string, { token, body }: { token?: string; body?: object } = {}): Promise<{ status: number; body: any }> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': uuidv7(), ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return new Promise((resolve, reject) => {
      const sending = request(`${this.url}${path}`, { method, headers, ca: readFileSync(this.certificates.ca) }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
        // The proxy's own pages are no JSON.
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : text }));
      });
      sending.on('error', reject);
      sending.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** What a NATS server refused somebody, by its log. */
  violations(): string[] {
    return this.#natsPorts.flatMap((_, index) => readFileSync(join(this.dir, `n${index + 1}`, 'nats.log'), 'utf8').split('\n').filter((line) => line.includes('Violation')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const kind of [/^(?:api|live)/, /^(?:command|projectors|query)/]) {
      await Promise.all([...this.services].filter(([name]) => kind.test(name)).map(([, service]) => service.stop()));
    }
    await this.#stack.disposeAsync();
  }

  get #redisUrl(): string {
    return `rediss://parley:${encodeURIComponent(password)}@localhost:${this.#ports.redis}`;
  }

  async #startService(name: ServiceName, instance: string, natsUser: NatsUser | undefined, env: Record<string, string>): Promise<void> {
    const world = { natsUrl: natsUser === undefined ? '' : this.natsUrl(natsUser), databaseUrl: '', vaultUrl: '', redisUrl: this.#redisUrl, secrets: this.#secrets };
    const port = this.#servicePorts.get(instance);
    const service = await startService({
      name, instance, world, logFile: join(this.dir, 'logs', `${instance}.log`), ...(port !== undefined && { port }),
      env: { ...env, NATS_CA_FILE: this.certificates.ca, REDIS_CA_FILE: this.certificates.ca },
    });
    this.services.set(instance, service);
  }

  async #startNats(): Promise<void> {
    const binary = await ensureNats();
    const clusterPorts = [await freePort(), await freePort(), await freePort()];
    const { ca, cert, key } = this.certificates;
    const value = JSON.stringify;
    await Promise.all(this.#natsPorts.map(async (port, index) => {
      const dir = join(this.dir, `n${index + 1}`);
      await mkdir(dir);
      cpSync(join(files, 'nats'), dir, { recursive: true });
      const env = {
        NATS_NAME: `n${index + 1}`, NATS_LISTEN: value(`127.0.0.1:${port}`), NATS_MONITOR: value(`127.0.0.1:${this.#monitorPorts[index]}`), NATS_STORE: value(join(dir, 'store')), NATS_STORE_MAX: '2GB',
        NATS_CERT: value(cert), NATS_KEY: value(key), NATS_CA: value(ca), NATS_CLUSTER_LISTEN: value(`127.0.0.1:${clusterPorts[index]}`), NATS_ROUTES: value(clusterPorts.map((each) => `tls://127.0.0.1:${each}`)),
        NATS_SYS_PASSWORD: value(password), NATS_COMMAND_PASSWORD: value(password), NATS_GATEWAY_PASSWORD: value(password), NATS_PROJECTORS_PASSWORD: value(password), NATS_OPERATOR_PASSWORD: value(password),
      };
      const healthUrl = `http://127.0.0.1:${this.#monitorPorts[index]}/healthz?js-enabled-only=true`;
      const server = await startServer({
        name: `nats-server n${index + 1}`,
        spawn: () => startChild({ name: `n${index + 1}`, command: binary, args: ['-c', join(dir, 'nats.conf')], env, logFile: join(dir, 'nats.log'), stopGraceMs: 20_000 }),
        isReady: async () => (await fetch(healthUrl, { signal: AbortSignal.timeout(1_000) })).ok,
      });
      this.#stack.use(server);
      this.nats[index] = server;
    }));
    await this.natsIsWhole();
  }

  /** Waits until all three servers know their leader and have caught up. */
  async natsIsWhole(): Promise<void> {
    await until('all NATS servers to be healthy', async () => {
      const answers = await Promise.all(this.#monitorPorts.map((port) => fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(1_000) })));
      return answers.every(({ ok }) => ok);
    }, { timeoutMs: 60_000, everyMs: 100 });
  }

  async #startPostgres(): Promise<void> {
    this.#postgres = this.#stack.use(await startPostgres({ dir: join(this.dir, 'postgres'), fsync: false }));
    const user = unprivilegedUser();
    const [cert, key] = ['cert', 'key'].map((name) => {
      const file = join(this.#server.dir, 'data', `own.${name}`);
      copyFileSync(this.certificates[name as 'cert' | 'key'], file);
      if (user !== undefined) chownSync(file, user.uid, user.gid);
      return file;
    });
    const sql = openPostgres(this.#server.urlOf('postgres'), { max: 1, name: 'administrator' });
    for (const statement of [`alter system set ssl_cert_file = '${cert}'`, `alter system set ssl_key_file = '${key}'`, 'alter system set ssl = on', 'drop database parley', 'drop database parley_vault']) await sql.unsafe(statement);
    await sql`select pg_reload_conf()`;
    await sql.end({ timeout: 5 });
  }

  /** How many connections Parley's roles have, and whether all of them are secure. */
  async connections(): Promise<{ roles: string[]; plain: string[] }> {
    const sql = openPostgres(this.#server.urlOf('postgres'), { max: 1, name: 'administrator' });
    const rows = await sql<{ role: string; ssl: boolean }[]>`
      select distinct a.usename::text as role, s.ssl from pg_stat_activity a join pg_stat_ssl s using (pid) where a.usename like 'parley\\_%' order by 1`;
    await sql.end({ timeout: 5 });
    return { roles: [...new Set(rows.map(({ role }) => role))], plain: rows.filter(({ ssl }) => !ssl).map(({ role }) => role) };
  }

  async #startRedis(): Promise<void> {
    const binary = await ensureRedis();
    if (binary === undefined) throw new Error('Redis could not be had: install redis-server 7.');
    const { ca, cert, key } = this.certificates;
    const conf = join(this.dir, 'redis.conf');
    await writeFile(conf, readFileSync(join(files, 'redis', 'redis.conf'), 'utf8')
      .replace('bind 0.0.0.0', 'bind 127.0.0.1').replace('tls-port 6379', `tls-port ${this.#ports.redis}`).replace('>PASSWORD', `#${await sha256(password)}`)
      .replace('/etc/parley/redis.crt', cert).replace('/etc/parley/redis.key', key).replace('/etc/parley/ca.crt', ca));
    const logFile = join(this.dir, 'redis.log');
    this.#stack.use(await startServer({
      name: 'Redis',
      spawn: () => startChild({ name: 'redis', command: binary, args: [conf], logFile, cwd: this.dir }),
      isReady: () => readFileSync(logFile, 'utf8').includes('Ready to accept connections'),
    }));
  }

  async #startNginx(): Promise<void> {
    const binary = await ensureNginx();
    const dir = join(this.dir, 'nginx');
    await mkdir(dir);
    const { cert, key } = this.certificates;
    const at = (name: string): string => `127.0.0.1:${this.#servicePorts.get(name)}`;
    await writeFile(join(dir, 'parley.conf'), readFileSync(join(files, 'nginx', 'parley.conf'), 'utf8')
      .replaceAll(/gateway-((?:api|live)-\d)\.internal:\d+/g, (_, name: string) => at(name)).replaceAll(/(query-\d)\.internal:\d+/g, (_, name: string) => at(name))
      .replace('listen 443 ssl', `listen 127.0.0.1:${this.#ports.pages} ssl`).replace('listen 4500', `listen 127.0.0.1:${this.#ports.queries}`)
      .replace('/etc/parley/chat.example.crt', cert).replace('/etc/parley/chat.example.key', key));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${dir}/${each};`).join(' ');
    await writeFile(join(dir, 'nginx.conf'), `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 1024; }
http { access_log off; ${temporary} include ${dir}/parley.conf; }\n`);
    await chmod(dir, 0o755);
    this.#stack.use(await startServer({
      name: 'nginx',
      spawn: () => startChild({ name: 'nginx', command: binary, args: ['-e', join(dir, 'error.log'), '-c', join(dir, 'nginx.conf')], logFile: join(dir, 'out.log'), killsChildren: true }),
      isReady: async () => (await this.call('GET', '/v1/me').catch(() => undefined)) !== undefined,
    }));
  }
}

const sha256 = async (text: string): Promise<string> => Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
