import type { Client } from '@parley/client/api';
import { createClient } from '@parley/client/client';
import { signIn } from '@parley/client/http';
import { until } from '../until.ts';
import { people, personKeys, type PersonKey } from './people.ts';

export type Actor = { readonly key: PersonKey; readonly userId: string; readonly client: Client };
export type Cast = ReadonlyMap<PersonKey, Actor>;

const CONNECT_MS = 30_000;

/** Signs the people of the demo in (registering them the first time) and connects a real socket for each. */
export async function openCast(url: string): Promise<Cast> {
  const cast = new Map<PersonKey, Actor>();
  for (const key of personKeys) {
    const { name } = people[key];
    const session = await signIn(url, { name });
    const client = createClient({
      url,
      token: session.token,
      getToken: async (refresh) => (refresh ? (await signIn(url, { name })).token : session.token),
      name: `demo ${key}`,
    });
    client.connect();
    cast.set(key, { key, userId: session.userId, client });
  }
  await until('the people of the demo to be connected', () => [...cast.values()].every(({ client }) => client.state.getSnapshot().connection.state === 'live'), {
    timeoutMs: CONNECT_MS,
  });
  return cast;
}

/** Closes everybody's socket. */
export async function closeCast(cast: Cast): Promise<void> {
  await Promise.all([...cast.values()].map(({ client }) => client.close()));
}

/** One of the cast. */
export function actorOf(cast: Cast, key: PersonKey): Actor {
  const actor = cast.get(key);
  if (actor === undefined) throw new Error(`${key} is not in the cast.`);
  return actor;
}
