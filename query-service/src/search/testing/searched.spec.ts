import { eventStreams, streamNames } from '@parley/contracts/wire/partition';
import type { SearchHit } from '@parley/contracts/queries/search';
import { until } from '@parley/dev/until';
import { streamState } from '@parley/kernel/event-store/read-stream';
import { projectorsConfig } from '@parley/projectors/config';
import { startProjectors } from '@parley/projectors/start';
import { uuidv7, World } from '@parley/projectors/testing/world.spec';
import { openSearchForTests } from '@parley/tests/harness/opensearch';
import { type Asked, startAsked } from '../../testing/asker.spec.ts';

export const adapters = ['postgres', 'opensearch'] as const;
export type Adapter = (typeof adapters)[number];
type Found = { readonly hits: SearchHit[]; readonly next: string | null; readonly index: Adapter };

/** One log, its rows, and both indexes of them, each with a query-service that asks it. */
export class Searched {
  readonly world: World;
  readonly asked: Readonly<Record<Adapter, Asked>>;
  readonly env: Readonly<Record<string, string>>;
  readonly #stack: AsyncDisposableStack;

  private constructor(world: World, asked: Record<Adapter, Asked>, env: Record<string, string>, stack: AsyncDisposableStack) {
    this.world = world;
    this.asked = asked;
    this.env = env;
    this.#stack = stack;
  }

  static async start(): Promise<Searched> {
    const stack = new AsyncDisposableStack();
    const [world, { url }] = await Promise.all([World.start(), openSearchForTests().then((server) => stack.use(server))]);
    stack.use(world);
    const env = { OPENSEARCH_URL: url, OPENSEARCH_INDEX: `spec-${uuidv7().replaceAll('-', '')}x` };
    stack.use(await startProjectors(projectorsConfig.parse({ ...world.env, INSTANCE_ID: 'with-postgres' })));
    stack.use(await startProjectors(projectorsConfig.parse({ ...world.env, ...env, INSTANCE_ID: 'with-opensearch' })));
    const asked = { postgres: stack.use(await startAsked(world)), opensearch: stack.use(await startAsked(world, env)) };
    return new Searched(world, asked, env, stack);
  }

  /** Waits until rows and both indexes have all that the log has. */
  async settled(): Promise<void> {
    const streams = streamNames.slice(0, eventStreams);
    const ends = new Map(await Promise.all(streams.map(async (stream) => [stream, (await streamState(this.world.nc, stream)).lastSeq] as const)));
    await this.world.settled();
    await until('both indexes', async () => {
      const rows = await this.world.sql<{ target: string; stream: string; seq: number }[]>`select target, stream, seq from search.position`;
      return adapters.every((target) => streams.every((stream) => ends.get(stream) === 0 || rows.some((row) => row.target === target && row.stream === stream && row.seq >= ends.get(stream)!)));
    }, { timeoutMs: 60_000 });
  }

  /** Waits until OpenSearch shows all by itself. */
  async shown(): Promise<void> {
    await this.settled();
    await until('OpenSearch to show everything', async () => (await this.world.sql`select 1 from search.recent limit 1`).length === 0, { timeoutMs: 30_000 });
  }

  async search(adapter: Adapter, userId: string, params: Record<string, string | number>): Promise<Found> {
    return this.asked[adapter].data(userId, `/v1/search?${new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))}`);
  }

  async texts(adapter: Adapter, userId: string, params: Record<string, string | number>): Promise<(string | null)[]> {
    return (await this.search(adapter, userId, params)).hits.map(({ message }) => message.text);
  }

  /** Status and problem code of a search that is refused. */
  async refusal(adapter: Adapter, userId: string, params: Record<string, string | number>): Promise<[number, string]> {
    const { status, body } = await this.asked[adapter].ask(userId, `/v1/search?${new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))}`);
    return [status, body.code];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
