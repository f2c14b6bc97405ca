import { expect, test } from 'vitest';
import { createQueries } from './http.ts';

const answer = { data: { rooms: [], next: null }, position: 'c', stale: false };

function asking(cursor: () => string | undefined) {
  const asked: URL[] = [];
  const fetcher = ((address: string) => {
    asked.push(new URL(address));
    return Promise.resolve(new Response(JSON.stringify(answer)));
  }) as unknown as typeof fetch;
  return { asked, queries: createQueries({ url: 'http://parley', getToken: () => 'token', fetch: fetcher, cursor }) };
}

test('a query asks for what was heard already, so that no answer is older than the screen', async () => {
  const { asked, queries } = asking(() => 'c1.heard');
  await queries.room({ roomId: 'lobby' as never });
  expect(asked[0]?.searchParams.get('after')).toBe('c1.heard');
});

test('a query that names a cursor keeps it', async () => {
  const { asked, queries } = asking(() => 'c1.heard');
  await queries.room({ roomId: 'lobby' as never, after: 'c1.own' });
  expect(asked[0]?.searchParams.get('after')).toBe('c1.own');
});

test('before anything was heard nothing is waited for', async () => {
  const { asked, queries } = asking(() => undefined);
  await queries.room({ roomId: 'lobby' as never });
  expect(asked[0]?.searchParams.has('after')).toBe(false);
});
