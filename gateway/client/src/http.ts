import { problem } from '@parley/contracts/problems/codes';
import type { Answer, DataOf, ParamsOf } from '@parley/contracts/queries/define';
import type { queries } from '@parley/contracts/queries/queries';
import type { Session, SignIn } from '@parley/contracts/realtime/session';
import type { TokenSource } from './api.ts';
import { sleep } from './backoff.ts';
import type { Plain } from './commands.ts';
import { mayRetry, ProblemError, toProblem } from './problem-error.ts';

type Definition = (typeof queries)[number];
type Named<N extends Definition['name']> = Extract<Definition, { readonly name: N }>;

/** Name of each query here, its contract's name and path. A spec holds it equal to the contracts, whose schemas are too heavy for a page. */
export const queryPaths = {
  me: ['me', '/v1/me'],
  myRooms: ['my-rooms', '/v1/me/rooms'],
  publicRooms: ['public-rooms', '/v1/rooms'],
  room: ['room', '/v1/rooms/:roomId'],
  members: ['members', '/v1/rooms/:roomId/members'],
  history: ['history', '/v1/rooms/:roomId/messages'],
  message: ['message', '/v1/rooms/:roomId/messages/:messageId'],
  pins: ['pins', '/v1/rooms/:roomId/pins'],
  receipts: ['receipts', '/v1/rooms/:roomId/receipts'],
  users: ['users', '/v1/users'],
  search: ['search', '/v1/search'],
} as const satisfies Record<string, readonly [Definition['name'], string]>;

type PathKeys = 'roomId' | 'messageId';
type Params<P> = { readonly [K in keyof P & PathKeys]: Plain<P[K]> } & { readonly [K in Exclude<keyof P, PathKeys>]?: Plain<P[K]> | undefined };
type ParamsFor<K extends keyof typeof queryPaths> = Params<ParamsOf<Named<(typeof queryPaths)[K][0]>>>;
type DataFor<K extends keyof typeof queryPaths> = DataOf<Named<(typeof queryPaths)[K][0]>>;

/** Every query of the contracts. Rejects with ProblemError. */
export type Queries = { readonly [K in keyof typeof queryPaths]: {} extends ParamsFor<K> ? (params?: ParamsFor<K>) => Promise<Answer<DataFor<K>>> : (params: ParamsFor<K>) => Promise<Answer<DataFor<K>>> };

const requestMsMax = 15_000;
const retriesMax = 3;
const retryMsBase = 250;

export type HttpOptions = {
  readonly url: string;
  readonly getToken: TokenSource;
  readonly fetch?: typeof fetch | undefined;
  readonly random?: (() => number) | undefined;
  /** The newest cursor that was heard: a query that names no `after` waits for this. */
  readonly cursor?: () => string | undefined;
};

/** Queries over HTTP: repeated up to three times where that may help, once with a new token after a 401. */
export function createQueries(options: HttpOptions): Queries {
  const ask = (path: string) => (params: Record<string, unknown> = {}) => get(options, addressOf(options.url, path, { ...params, after: params['after'] ?? options.cursor?.() }));
  return Object.fromEntries(Object.entries(queryPaths).map(([key, [, path]]) => [key, ask(path)])) as unknown as Queries;
}

/** Signs in by name or as a guest. Rejects with ProblemError. */
export async function signIn(url: string, how: Plain<SignIn>, fetcher: typeof fetch = fetch): Promise<Session> {
  const response = await request(fetcher, `${url.replace(/\/$/, '')}/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(how) });
  return (await bodyOf(response)) as Session;
}

/** A fresh token for who holds a valid one, for as long as the session may last. Rejects with ProblemError. */
export async function renewSession(url: string, token: string, fetcher: typeof fetch = fetch): Promise<Session> {
  const response = await request(fetcher, `${url.replace(/\/$/, '')}/v1/session/renew`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  return (await bodyOf(response)) as Session;
}

function addressOf(url: string, path: string, params: Record<string, unknown>): string {
  const rest = new URLSearchParams();
  const used = new Set<string>();
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    used.add(name);
    return encodeURIComponent(String(params[name]));
  });
  for (const [name, value] of Object.entries(params)) if (value !== undefined && !used.has(name)) rest.set(name, `${value as string | number}`);
  return `${url.replace(/\/$/, '')}${filled}${rest.size > 0 ? `?${rest}` : ''}`;
}

async function get(options: HttpOptions, address: string): Promise<unknown> {
  const fetcher = options.fetch ?? fetch;
  let refresh: boolean = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const token = await options.getToken(refresh);
      return await bodyOf(await request(fetcher, address, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }));
    } catch (error) {
      if (!(error instanceof ProblemError) || attempt > retriesMax) throw error;
      const unauthenticated: boolean = error.problem.status === 401 && !refresh;
      if (!unauthenticated && !mayRetry(error.problem)) throw error;
      refresh = unauthenticated;
      if (!unauthenticated) await sleep(error.problem.retryAfterMs ?? retryMsBase * 2 ** attempt * (0.5 + 0.5 * (options.random ?? Math.random)()));
    }
  }
}

async function request(fetcher: typeof fetch, address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetcher(address, { ...init, signal: AbortSignal.timeout(requestMsMax) });
  } catch (cause) {
    const error = new ProblemError(problem('unavailable', { detail: 'The server cannot be reached.' }));
    error.cause = cause;
    throw error;
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) throw new ProblemError(toProblem(body, response.ok ? 502 : response.status));
  return body;
}
