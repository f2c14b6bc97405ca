import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';

/** How the driver is to speak TLS: not at all, without looking at who answers, or with what is to be looked at. */
type Tls = false | 'prefer' | 'require' | ConnectionOptions;
export type PostgresAddress = {
  readonly url: string;
  /** Absent: the address does not say. */
  readonly ssl?: Tls;
} & DriverPlace;
/** What the driver would misread in the address itself: servers by IPv6, and a socket's file. */
type Place = { readonly hosts: string[]; readonly ports: number[] } | { readonly path: string };
/** As the driver's types have it, which forget that it takes lists. */
type DriverPlace = { readonly host?: string; readonly port?: number; readonly path?: string };

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** Read here and not passed on: the driver would tell them to the server, which ends the connection because of them. */
const ours = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'port'];
/** Said before the question mark, or not at all. */
const misplaced = ['user', 'password', 'dbname', 'hostaddr', 'passfile', 'service'];
const portDefault = 5432;
/** Wishes of libpq that change nothing about who is let in or who answers. */
const harmless = new Set([
  'client_encoding', 'fallback_application_name', 'gssencmode', 'keepalives', 'keepalives_count', 'keepalives_idle', 'keepalives_interval', 'load_balance_hosts', 'sslcompression', 'sslsni', 'tcp_user_timeout',
]);
/** Wishes that make a connection safer, which the driver cannot keep. */
const unkept: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['prefer', 'disable'], require_auth: [], requirepeer: [], sslcertmode: ['allow', 'disable'], sslcrl: [], sslcrldir: [], sslpassword: [], ssl_max_protocol_version: [], ssl_min_protocol_version: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
};

/**
 * Reads an address of PostgreSQL as libpq's documentation has it (§ 32.1.1.2, § 32.1.2): several hosts, those of IPv6 in
 * brackets, the folder of a socket (`?host=/run/postgresql`, or percent-encoded in place of a host); `sslmode`,
 * `sslrootcert` (a file, or `system`), `sslcert` and `sslkey` say how TLS is spoken. A root certificate without a mode means `verify-full`, and
 * beside `require` it means `verify-ca`. Throws TypeError for what is no address, a file that cannot be read, and a wish
 * that would be passed over; the message repeats no password.
 */
export function postgresAddress(text: string): PostgresAddress {
  // The driver takes several hosts, which no URL may have.
  const [, before = '', hosts = '', after = ''] = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/s.exec(text) ?? [];
  if (before === '' || !hosts.split(',').every((host) => URL.canParse(`${before}${host || 'host'}${after}`))) throw new TypeError('must be an address that begins with postgres:// or postgresql://');
  const { pathname, searchParams } = new URL(`postgres://host${after}`);
  const wrong = misplaced.find((name) => searchParams.has(name));
  if (wrong !== undefined) throw new TypeError(`?${wrong}= is not supported: an address is postgres://user:password@host:port/database`);
  const place = placeOf(hosts, searchParams);
  // Nobody is between the two ends of a socket.
  const ssl = place && 'path' in place ? false : tlsOf(searchParams, place?.hosts.join(',') ?? hosts.replace(/:\d*$/, ''));
  for (const [name, value] of [...searchParams]) {
    if (unkept[name]?.includes(value) === false) throw new TypeError(`${name}=${value} is not supported: leave it out, and let sslmode=verify-full say who may answer`);
    if (ours.includes(name) || harmless.has(name) || name in unkept) searchParams.delete(name);
  }
  const rest = searchParams.toString();
  return { url: `${before}${place ? 'host' : hosts}${pathname}${rest === '' ? '' : `?${rest}`}`, ...driverPlaceOf(place), ...(ssl !== undefined && { ssl }) };
}

/** Where the servers are, if the driver cannot read that from the address itself. */
function placeOf(hosts: string, params: URLSearchParams): Place | undefined {
  const [named, ports] = [params.get('host'), params.get('port')];
  if (named === null && ports === null && !/[[%]/.test(hosts)) return undefined;
  const places = hosts.split(',').map((each) => /^(.*?)(?::(\d*))?$/.exec(each)!).map(([, host, port]) => ({ host: decodeURIComponent(host || 'localhost').replace(/^\[(.*)\]$/, '$1'), port }));
  const host = named?.split(',') ?? places.map((place) => place.host);
  const asked = ports?.split(',') ?? places.map((place) => place.port);
  const port = host.map((_, at) => Number((asked.length === 1 ? asked[0] : asked[at]) || portDefault));
  if (!port.every((each) => Number.isInteger(each) && each > 0 && each < 65_536)) throw new TypeError('port must be a number up to 65535, one for all hosts or one for each');
  if (!host.some((each) => each.startsWith('/'))) return { hosts: host, ports: port };
  if (host.length > 1) throw new TypeError('the folder of a socket stands alone, not beside other hosts');
  return { path: `${host[0]}/.s.PGSQL.${port[0]}` };
}

function driverPlaceOf(place: Place | undefined): DriverPlace {
  if (!place || 'path' in place) return place ?? {};
  return { host: place.hosts, port: place.ports } as unknown as DriverPlace;
}

function tlsOf(params: URLSearchParams, host: string): Tls | undefined {
  const [root, cert, key] = [fileOf(params, 'sslrootcert'), fileOf(params, 'sslcert'), fileOf(params, 'sslkey')];
  const said = params.get('sslmode') ?? (params.has('sslrootcert') ? 'verify-full' : undefined);
  if (said === undefined && cert === undefined) return undefined;
  const mode = modes.find((each) => each === (said ?? 'require'));
  if (mode === undefined) throw new TypeError(`sslmode must be one of ${modes.join(', ')}`);
  if (mode === 'disable') return false;
  const own = { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
  const isRooted = params.has('sslrootcert') && mode === 'require';
  if (mode !== 'verify-full' && mode !== 'verify-ca' && !isRooted) {
    if (cert === undefined) return mode === 'require' ? 'require' : 'prefer';
    return { ...own, rejectUnauthorized: false };
  }
  return {
    ...own,
    ...(root !== undefined && { ca: root }),
    // Without this the name in the certificate of a server that is named by its number is compared with "localhost".
    ...(isIP(host) !== 0 && { host }),
    ...((mode === 'verify-ca' || isRooted) && { checkServerIdentity: () => undefined }),
  };
}

function fileOf(params: URLSearchParams, name: string): string | undefined {
  const file = params.get(name);
  if (file === null || (name === 'sslrootcert' && file === 'system')) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TypeError(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The same server and settings for another database, role and password. */
export function addressWith(text: string, { database, user, password }: { readonly database?: string; readonly user?: string; readonly password?: string }): string {
  const [, scheme = '', login = '', hosts = '', path = '', rest = ''] = /^(\w+:\/\/)(?:([^@/?]*)@)?([^/?]*)(\/[^?]*)?(.*)$/s.exec(text) ?? [];
  const named = user === undefined ? login : [user, password ?? ''].map(encodeURIComponent).join(':');
  return `${scheme}${named === '' ? '' : `${named}@`}${hosts}${database === undefined ? path : `/${encodeURIComponent(database)}`}${rest}`;
}

/** A variable that holds such an address. */
export const postgresUrl = z.string().superRefine((text, context) => {
  try {
    postgresAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});
