import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { cursorAt, decodeCursor, encodeCursor } from '@parley/contracts/realtime/cursor';
import { makeServiceRoles } from '@parley/dev/service-roles';
import { readConfig } from '@parley/kernel/config/read-config';
import type { World } from '@parley/projectors/testing/world.spec';
import { queryServiceConfig } from '../config.ts';
import { startQueryService } from '../start.ts';

// oxlint-disable-next-line typescript/no-explicit-any
export type Answered = { readonly status: number; readonly type: string; readonly body: any };

export async function tokenOf(key: string, sub: string, kind: string, seconds = 60): Promise<string> {
  return new SignJWT({ kind }).setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1_000) + seconds).sign(createSecretKey(Buffer.from(key, 'base64url')));
}

/** A query-service over the world's tables, and somebody to ask it. */
export async function startAsked(world: World, env: Record<string, string> = {}) {
  const own = await makeServiceRoles(world.servers.postgres);
  const service = await startQueryService(readConfig(queryServiceConfig, { ...world.env, DATABASE_URL: own['query-service']?.databaseUrl, ...env, INSTANCE_ID: 'query-spec' }));
  const key = world.env['PARLEY_INTERNAL_KEY']!;
  const raw = async (path: string, init: RequestInit = {}): Promise<Answered> => {
    const response = await fetch(`${service.url}${path}`, init);
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type') ?? '', body: text === '' ? undefined : JSON.parse(text) };
  };
  const ask = async (userId: string, path: string, kind = 'user'): Promise<Answered> => raw(path, { headers: { authorization: `Bearer ${await tokenOf(key, userId, kind)}` } });
  const [{ epoch } = { epoch: 'none' }] = await world.sql<{ epoch: string }[]>`select epoch from ops.log`;
  return {
    ask, raw, url: service.url, key,
    /** The data of an answer that must be one. */
    async data(userId: string, path: string, kind = 'user') {
      const { status, body } = await ask(userId, path, kind);
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      return body.data;
    },
    after: (streamIndex: number, seq: number): string => encodeCursor(cursorAt(epoch, streamIndex, seq)),
    decode: (cursor: string) => decodeCursor(cursor)!,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
export type Asked = Awaited<ReturnType<typeof startAsked>>;
