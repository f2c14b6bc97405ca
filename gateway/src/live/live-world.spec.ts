import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import { streamIndexOf, streamNames } from '@parley/contracts/wire/partition';
import { controlHeader } from '@parley/contracts/wire/subjects';
import { decodeCursor } from '@parley/contracts/realtime/cursor';
import { UserId } from '@parley/contracts/ids';
import { startNats, type Nats } from '@parley/dev/servers/nats';
import { encodeCommit, hashOf } from '@parley/kernel/event-store/commit-codec';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { openJetStreamLog } from '@parley/kernel/event-store/jetstream-log';
import { connectNats } from '@parley/kernel/nats/connect';
import { readEpochs } from '@parley/kernel/nats/epochs';
import { provisionStreams } from '@parley/kernel/nats/provision';
import type { ContentOpener, ContentSealer } from '@parley/kernel/sealing/content';
import { createOpener } from '@parley/kernel/sealing/opener';
import { createSealer } from '@parley/kernel/sealing/sealer';
import { memoryVault } from '@parley/kernel/vault/memory-vault';
import { ChatSocket } from '@parley/tests/harness/chat-socket';
import type { Execute } from '../commands/execute.ts';
import { QueryUnavailable, type Memberships, type QueryClient } from '../http/query-client.ts';
import { Limits } from '../limits/limits.ts';
import { Tokens } from '../session/tokens.ts';
import { Live, type LiveOptions } from './live.ts';

export const changesMembers = /^room\.(created|deleted|member-joined|member-left|member-removed)$/;

/** A log in a real NATS, written to as command-service would, and live gateways on it. */
export class LiveWorld {
  readonly nats: Nats;
  readonly nc: NatsConnection;
  readonly log: EventLog;
  readonly sealer: ContentSealer;
  readonly tokens: Tokens;
  readonly #dir: string;
  readonly #vault = memoryVault();
  readonly #heads = new Map<string, { seq: number; n: number; prev: string }>();
  readonly #gateways: { live: Live; server: Server }[] = [];
  /** What the read side would answer: every membership, as of what was written. */
  readonly #members = new Map<string, Map<string, { joinedN: number }>>();
  readonly #lastSeqs = streamNames.map(() => 0);
  /** A read side that lags answers from this earlier moment. */
  frozen: ((userId: string) => Memberships) | undefined = undefined;
  queryIsDown = false;

  private constructor(parts: { nats: Nats; nc: NatsConnection; log: EventLog; tokens: Tokens; dir: string }) {
    this.nats = parts.nats;
    this.nc = parts.nc;
    this.log = parts.log;
    this.tokens = parts.tokens;
    this.#dir = parts.dir;
    this.sealer = createSealer(this.#vault, 'main');
  }

  static async start(): Promise<LiveWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'parley-live-'));
    const nats = await startNats({ dir, sync: 'default' });
    const nc = await connectNats({ url: nats.url, name: 'live-world' });
    await provisionStreams(nc, { replicas: 1 });
    const jwk = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'k' };
    return new LiveWorld({ nats, nc, log: await openJetStreamLog(nc), tokens: await Tokens.open({ keys: [jwk as never] }), dir });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { live, server } of this.#gateways) {
      await live.close();
      server.closeAllConnections();
      server.close();
    }
    await this.nc.close();
    await this.nats.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** One more live gateway; returns its address. */
  async gateway(more: Partial<LiveOptions> = {}): Promise<{ url: string; live: Live; server: Server }> {
    const live = await Live.open({
      nc: this.nc, instance: `g${this.#gateways.length}`, epochs: await readEpochs(this.nc), log: this.log, opener: createOpener(this.#vault, 'main'), queries: this.queries(),
      execute: (() => Promise.reject(new Error('no commands here'))) as Execute, tokens: this.tokens,
      metrics: { command() {}, flushed() {}, closed() {}, resumed() {}, refusedHello() {}, throttled() {} },
      ringBytesMax: 64 * 1024 * 1024, ringAgeMsMax: 600_000, limit: new Limits(undefined, 'spec').of({ name: 'frames', perSecond: 1_000, burst: 1_000 }), socketsPerAddress: 1_000, originRefused: () => false, addressOf: () => '127.0.0.1',
      ...more,
    });
    const server = createServer((request, response) => {
      const cursor = request.headers['last-event-id'];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      this.tokens.verify((request.headers.authorization ?? '').slice('Bearer '.length)).then(
        (verified) => {
          if (!verified.ok) return void response.end();
          return live.serveEvents(response, { ...verified, address: '127.0.0.1' }, typeof cursor === 'string' ? cursor : undefined);
        },
        () => void response.end(),
      );
    });
    live.serveSockets(server);
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    this.#gateways.push({ live, server });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, live, server };
  }

  /** Opens what was sealed, but takes its time, as with a vault far away. */
  slowOpener(delayMs: number): ContentOpener {
    const opener = createOpener(this.#vault, 'main');
    return { ...opener, openAll: async (items) => { await new Promise((resolve) => setTimeout(resolve, delayMs)); return opener.openAll(items); } };
  }

  /** Resolves once a gateway has delivered all that was written: what comes behind the greeting is live, and nobody missed it. */
  async settled({ hub }: Live): Promise<void> {
    if (!(await hub.waitFor([...this.#lastSeqs], 10_000))) throw new Error('A gateway did not deliver in time what was written.');
  }

  queries(): QueryClient {
    return {
      get: () => Promise.reject(new QueryUnavailable('not here')),
      memberships: (userId) => (this.queryIsDown ? Promise.reject(new QueryUnavailable('down')) : Promise.resolve((this.frozen ?? ((id) => this.membershipsOf(id)))(userId))),
      trouble: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  membershipsOf(userId: string): Memberships {
    const rooms = [...this.#members].flatMap(([roomId, members]) => {
      const mine = members.get(userId);
      return mine ? [{ roomId, joinedN: mine.joinedN, lastN: this.headOf({ kind: 'room', id: roomId }).n, history: 'all' as const, members: members.size }] : [];
    });
    return { rooms, seqs: [...this.#lastSeqs] } as unknown as Memberships;
  }

  headOf({ kind, id }: AggregateRef) {
    return this.#heads.get(`${kind} ${id}`) ?? { seq: 0, n: 0, prev: '' };
  }

  /** Appends one commit; texts are sealed under their author. Resolves with where it lies. */
  async write(aggregate: AggregateRef, events: readonly { type: string; by: string; data?: Record<string, unknown>; text?: string; commandId?: string }[]): Promise<{ seq: number; n: number }> {
    const head = this.headOf(aggregate);
    const stored = await Promise.all(events.map(async ({ type, by, data = {}, text, commandId = uuidv7() }): Promise<StoredEvent> => {
      const context = { ...aggregate, commandId, index: 0, type };
      return { type, v: type === 'message.posted' || type === 'room.created' ? 2 : 1, commandId, by, data, ...(text !== undefined && { sealed: await this.sealer.seal(context, by, { text }) }) };
    }));
    const commit: Commit = { v: 1, ws: 'main', ...aggregate, n: head.n + 1, prev: head.prev, at: new Date().toISOString(), events: stored };
    const bytes = encodeCommit(commit);
    const isControl = stored.some(({ type }) => changesMembers.test(type));
    const outcome = await this.log.append(aggregate, head.seq, bytes, isControl ? { [controlHeader]: '1' } : {});
    if (outcome.outcome !== 'stored') throw new Error(`the append ended ${outcome.outcome}`);
    this.#heads.set(`${aggregate.kind} ${aggregate.id}`, { seq: outcome.seq, n: head.n + stored.length, prev: hashOf(bytes) });
    this.#lastSeqs[streamIndexOf(aggregate.kind, aggregate.id)] = outcome.seq;
    stored.forEach((event, index) => this.#fold(aggregate.id, event, commit.n + index));
    return { seq: outcome.seq, n: commit.n };
  }

  #fold(roomId: string, { type, data }: StoredEvent, n: number): void {
    const members = this.#members.get(roomId) ?? new Map<string, { joinedN: number }>();
    this.#members.set(roomId, members);
    const userId = String(data['userId']);
    if (type === 'room.member-joined') members.set(userId, { joinedN: n });
    else if (type === 'room.member-left' || type === 'room.member-removed') members.delete(userId);
    else if (type === 'room.deleted') members.clear();
  }

  async room(...members: string[]): Promise<string> {
    const roomId = uuidv7();
    const [owner = 'system'] = members;
    await this.write({ kind: 'room', id: roomId }, [
      { type: 'room.created', by: owner, data: { kind: 'private', history: 'all', createdBy: owner } },
      ...members.map((userId) => ({ type: 'room.member-joined', by: owner, data: { userId, role: 'member' } })),
    ]);
    return roomId;
  }
  join = (roomId: string, userId: string) => this.write({ kind: 'room', id: roomId }, [{ type: 'room.member-joined', by: userId, data: { userId, role: 'member' } }]);
  remove = (roomId: string, userId: string) => this.write({ kind: 'room', id: roomId }, [{ type: 'room.member-removed', by: 'system', data: { userId } }]);
  async post(roomId: string, author: string, text: string): Promise<{ messageId: string; n: number; seq: number }> {
    const messageId = uuidv7();
    return { messageId, ...(await this.write({ kind: 'room', id: roomId }, [{ type: 'message.posted', by: author, text, commandId: messageId, data: { messageId, author, ordinal: 1, hasLink: false, mentions: [] } }])) };
  }
  edit = (roomId: string, author: string, messageId: string, text: string) =>
    this.write({ kind: 'room', id: roomId }, [{ type: 'message.edited', by: author, text, data: { messageId, targetN: 1, hasLink: false, mentions: [] } }]);
  redact = (roomId: string, author: string, messageId: string) => this.write({ kind: 'room', id: roomId }, [{ type: 'message.redacted', by: author, data: { messageId, targetN: 1 } }]);

  async open(url: string, userId: string, cursor?: string, untilLive = true): Promise<ChatSocket> {
    const { token } = await this.tokens.issue({ userId: UserId.parse(userId), kind: 'user', name: 'x' });
    return ChatSocket.open({ url, token, untilLive, ...(cursor !== undefined && { cursor }) });
  }
  async tokenOf(userId: string): Promise<string> {
    return (await this.tokens.issue({ userId: UserId.parse(userId), kind: 'user', name: 'x' })).token;
  }
}

/** Numbers of the events of one room, as a socket got them. */
export const numbers = (socket: ChatSocket, roomId: string): number[] => socket.eventsOf(roomId).map(({ n }) => n);
export const reached = (socket: ChatSocket, roomId: string, n: number) => socket.until(() => numbers(socket, roomId).includes(n), 5_000, `event ${n}`);
export const seqOf = (cursor: string, roomId: string): number => decodeCursor(cursor)?.seqs[streamIndexOf('room', roomId)] ?? -1;
