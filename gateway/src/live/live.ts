import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ProblemCode } from '@parley/contracts/problems/codes';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { socketsPerUserMax } from '@parley/contracts/realtime/limits';
import { receiptMembersMax } from '@parley/contracts/rooms/limits';
import { streamNames } from '@parley/contracts/wire/partition';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import type { Epochs } from '@parley/kernel/nats/epochs';
import type { ContentOpener } from '@parley/kernel/sealing/content';
import { followErasures } from '@parley/kernel/sealing/erasures';
import { logger } from '@parley/kernel/telemetry/log';
import { LRUCache } from 'lru-cache';
import type { Execute } from '../commands/execute.ts';
import type { QueryClient } from '../http/query-client.ts';
import type { Limit } from '../limits/limits.ts';
import type { Tokens, Verified } from '../session/tokens.ts';
import type { GatewayMetrics, Observed } from '../telemetry.ts';
import { AddressCounts } from './address-counts.ts';
import { Admission } from './admission.ts';
import type { Connection } from './connection.ts';
import { Directory, InsufficientState } from './directory.ts';
import { type DispatchContext, drainBacklog, receive } from './dispatch.ts';
import { drainConnections } from './drain.ts';
import { StreamConnection } from './event-stream.ts';
import { GapFrames } from './gap-frames.ts';
import { Heartbeat } from './heartbeat.ts';
import { Hub } from './hub.ts';
import { Intake } from './intake.ts';
import { LagWatch } from './lag-watch.ts';
import { Opening } from './opening.ts';
import { SocketConnection } from './parley-socket.ts';
import { Presence } from './presence.ts';
import { goLive, type ResumeContext } from './resume.ts';
import { followRevocations } from './revocations.ts';
import type { RoomChannel } from './room-channel.ts';
import { openSocketDoor } from './socket-door.ts';
import { tailStarts } from './tail-start.ts';
import { closeExpired, renewToken } from './token-ends.ts';
import { Typing } from './typing.ts';
import { encodeFrame } from './wire-format.ts';

export type LiveOptions = {
  readonly nc: NatsConnection;
  readonly instance: string;
  readonly epochs: Epochs;
  readonly log: EventLog;
  readonly opener: ContentOpener;
  readonly queries: QueryClient;
  readonly execute: Execute;
  readonly tokens: Tokens;
  readonly metrics: GatewayMetrics;
  readonly ringBytesMax: number;
  readonly ringAgeMsMax: number;
  readonly limit: Limit;
  readonly socketsPerAddress: number;
  readonly originRefused: (request: IncomingMessage) => boolean;
  readonly addressOf: (request: IncomingMessage) => string;
};

/** Who reads: a token that was verified, and where it came from. */
export type Reader = Pick<Extract<Verified, { ok: true }>, 'caller' | 'expiresAtMs'> & { readonly address: string };

const fillMsMax = 60_000;
const audienceTtlMs = 10_000;
const audiencesMax = 10_000;
const logReadsMax = 4;
const logReadsWaitingMax = 200;

/** The live half of a gateway: follows the log, keeps the newest of it, and pushes to sockets and event streams. */
export class Live {
  readonly hub: Hub;
  readonly #options: LiveOptions;
  readonly #directory: Directory;
  readonly #context: DispatchContext;
  readonly #resume: ResumeContext;
  readonly #heartbeat: Heartbeat;
  readonly #presence: Presence;
  readonly #lag: LagWatch;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>[] = [];
  readonly #closers: (() => void)[] = [];
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new AddressCounts();
  readonly #audiences: LRUCache<string, Promise<readonly string[]>>;
  #isFilled = false;
  #isDraining = false;

  private constructor(options: LiveOptions) {
    this.#options = options;
    const { nc, queries, epochs } = options;
    this.#audiences = new LRUCache({ max: audiencesMax, ttl: audienceTtlMs });
    this.hub = new Hub({
      epoch: epochs.combined, ringBytesMax: options.ringBytesMax, ringAgeMsMax: options.ringAgeMsMax, observer: options.metrics,
      roomsOf: (userId) => this.#roomsOf(userId),
      onUnknownSize: (channel, userId) => this.#learnSize(channel, userId),
      onRoomOpened: (channel) => typing.listen(channel),
      onRoomClosed: (channel) => channel.unsubscribe?.(),
      onEntered: (channel, user) => this.#presence.met(channel, user),
      onLeft: (userId, roomId) => this.#presence.left(userId, roomId),
      onMarker: (channel, userId, n) => pushReceipt(channel, userId, n),
    });
    const typing = new Typing(nc, this.hub);
    this.#directory = new Directory(this.hub, queries);
    this.#presence = new Presence(nc, this.hub, options.instance);
    const opening = new Opening(options.opener, (entry) => this.hub.rings.recount(entry));
    this.#context = {
      hub: this.hub, execute: options.execute, limit: options.limit, typing, presence: this.#presence, metrics: options.metrics,
      renew: (connection, token) => void renewToken(options.tokens, connection, token),
    };
    this.#resume = {
      hub: this.hub, log: options.log, opening, admission: new Admission(logReadsMax, logReadsWaitingMax), gateway: options.instance, frames: new GapFrames(),
      onOutcome: (outcome, reason, missed) => options.metrics.resumed(outcome, reason, missed),
    };
    this.#heartbeat = new Heartbeat((connection) => this.#idleCursor(connection), () => this.#tick());
    this.#lag = new LagWatch(nc, { delivered: (stream) => this.hub.delivered.at(stream), epochs: epochs.streams }, () => this.#checkLag());
    this.#closers.push(
      followRevocations(nc, (userId, rooms) => this.#revoke(userId, rooms)),
      followErasures(nc, (scope) => {
        options.opener.forget(scope);
        // Frames in memory say what the secret was for; a resume reads the log instead, which says it no more.
        this.hub.rings.clear();
      }),
    );
  }

  /** Reads the newest of the log into memory and goes on following. Rejects when that takes longer than a minute. */
  static async open(options: LiveOptions): Promise<Live> {
    const live = new Live(options);
    try {
      await live.#fill();
    } catch (error) {
      await live.close();
      throw error;
    }
    return live;
  }

  async #fill(): Promise<void> {
    const { nc, ringBytesMax, ringAgeMsMax } = this.#options;
    const starts = await tailStarts(nc, ringBytesMax, ringAgeMsMax);
    const intake = new Intake(this.hub, this.#resume.opening);
    starts.forEach(({ fromSeq }, stream) => {
      this.hub.rings.begin(stream, fromSeq - 1);
      this.hub.delivered.advance(stream, fromSeq - 1);
      this.#following.push(intake.follow(nc, stream, streamNames[stream] ?? '', fromSeq, this.#stop.signal));
    });
    if (!(await this.hub.waitFor(starts.map(({ lastSeq }) => lastSeq), fillMsMax))) throw new Error('the newest part of the log could not be read in time');
    this.#isFilled = true;
  }

  /** Why nobody should come here now, or undefined. */
  trouble(): string | undefined {
    if (this.#isDraining) return 'going away';
    if (!this.#isFilled) return 'reading the newest part of the log';
    return this.#lag.trouble();
  }

  observed(): Observed {
    let sockets = 0;
    let queuedBytes = 0;
    for (const connection of this.#connections) {
      if (connection.format === 'ws') sockets += 1;
      queuedBytes += connection.queuedBytes();
    }
    return { sockets, streams: this.#connections.size - sockets, people: this.hub.users.size, rooms: this.hub.channels.size, ringBytes: this.hub.rings.bytes, queuedBytes };
  }

  /** Takes WebSocket upgrades off a server. */
  serveSockets(server: Server): void {
    this.#closers.push(openSocketDoor(server, {
      refusal: (request) => this.refusalOf(request),
      addressOf: this.#options.addressOf,
      onOpen: (connection) => {
        this.#connections.add(connection);
        this.#perAddress.add(connection.address);
        this.#heartbeat.awaitHello(connection);
      },
      onHello: (connection, hello) => {
        this.#heartbeat.greeted(connection);
        // Frames that come before the answer to hello wait.
        connection.backlog = [];
        this.#greet(connection, hello.token, hello.cursor).catch((error: unknown) => {
          logger('gateway').error({ err: error }, 'a socket could not be made live');
          connection.close(closeCodes.insufficientState, 'something broke; come again');
        });
      },
      onFrame: (connection, data) => receive(this.#context, connection, data),
      onClosed: (connection, code) => this.#left(connection, code),
    }));
  }

  addressOf(request: IncomingMessage): string {
    return this.#options.addressOf(request);
  }
  /** Why nobody may connect from there now, or undefined. */
  refusalOf(request: IncomingMessage): ProblemCode | undefined {
    if (this.#options.originRefused(request)) return 'origin-refused';
    if (this.#isDraining) return 'unavailable';
    return this.#perAddress.of(this.#options.addressOf(request)) >= this.#options.socketsPerAddress ? 'rate-limited' : undefined;
  }

  async #greet(connection: SocketConnection, token: string, cursor: string | undefined): Promise<void> {
    const verified = await this.#options.tokens.verify(token);
    if (!verified.ok) {
      this.#options.metrics.refusedHello(verified.problem.code);
      return connection.close(closeCodes.unauthenticated, verified.problem.code);
    }
    connection.expiresAtMs = verified.expiresAtMs;
    await this.#admit(connection, verified.caller, cursor);
    if (connection.isClosed) return;
    connection.answered = true;
    this.#heartbeat.add(connection);
    drainBacklog(this.#context, connection);
  }

  /** Makes a reader of a known person live, or closes it with the reason. */
  async #admit(connection: Connection, caller: Reader['caller'], cursor: string | undefined): Promise<void> {
    const trouble = this.trouble();
    if (trouble !== undefined) return connection.close(closeCodes.insufficientState, trouble);
    try {
      const user = await this.#directory.ensure(caller);
      if (connection.isClosed) return;
      if (user.connections.length >= socketsPerUserMax) return connection.close(closeCodes.rateLimited, 'too many connections of one person');
      await goLive(this.#resume, connection, user, cursor);
    } catch (error) {
      if (!(error instanceof InsufficientState)) throw error;
      this.#options.metrics.refusedHello('insufficient-state');
      return connection.close(closeCodes.insufficientState, error.message);
    }
    if (!connection.isClosed) this.#presence.came(connection);
  }

  /** Serves `/v1/events`: the response belongs to this from now on. */
  async serveEvents(response: ServerResponse, { caller, expiresAtMs, address }: Reader, cursor: string | undefined): Promise<void> {
    const connection = new StreamConnection(response, address);
    connection.expiresAtMs = expiresAtMs;
    this.#connections.add(connection);
    this.#perAddress.add(address);
    response.on('close', () => {
      connection.isClosed = true;
      this.#left(connection, connection.closedWith ?? 1000);
    });
    response.on('error', () => {});
    await this.#admit(connection, caller, cursor);
    if (!connection.isClosed) this.#heartbeat.add(connection);
  }

  #left(connection: SocketConnection | StreamConnection, code: number): void {
    if (!this.#connections.delete(connection)) return;
    this.#heartbeat.remove(connection);
    this.#options.metrics.closed(connection.format, code);
    this.#perAddress.remove(connection.address);
    if (connection instanceof SocketConnection) clearTimeout(connection.retryTimer);
    const { user } = connection;
    if (!user) return;
    this.hub.openRooms(connection, []);
    const index = user.connections.indexOf(connection);
    if (index >= 0) user.connections.splice(index, 1);
    if (user.connections.length === 0) user.leftAtMs = performance.now();
    this.#presence.went(user, connection);
    connection.user = undefined;
  }

  #idleCursor(connection: Connection): string | undefined {
    return connection.held || !this.hub.fanout.isEmpty ? undefined : this.hub.delivered.token();
  }

  #tick(): void {
    this.hub.rings.evict(Date.now());
    this.#directory.sweep(performance.now());
    closeExpired(this.#connections, Date.now());
  }

  #checkLag(): void {
    const trouble = this.#isFilled && !this.#isDraining ? this.#lag.trouble() : undefined;
    if (trouble === undefined) return;
    if (this.#connections.size > 0) logger('gateway').error({ trouble, connections: this.#connections.size }, 'closing all connections: insufficient state');
    for (const connection of this.#connections) connection.close(closeCodes.insufficientState, 'insufficient state');
    for (const user of this.hub.users.values()) if (user.connections.length === 0) this.#directory.forget(user);
  }

  #revoke(userId: string, rooms: readonly string[] | undefined): void {
    const user = this.hub.users.get(userId);
    if (rooms) {
      for (const roomId of rooms) {
        const seat = user?.seatIn(roomId);
        if (user && seat) this.hub.unseat(user, seat.channel);
      }
      return;
    }
    this.endSessions(userId);
  }

  /** Nothing that a person was given until now counts here any more. */
  endSessions(userId: string): void {
    this.#options.tokens.deny(userId);
    for (const connection of this.hub.users.get(userId)?.connections ?? []) connection.close(closeCodes.unauthenticated, 'access was revoked');
  }

  #roomsOf(userId: string): Promise<readonly string[]> {
    const known = this.#audiences.get(userId);
    if (known) return known;
    const asked = this.#options.queries.memberships(userId, this.hub.delivered.token()).then(
      ({ rooms }) => rooms.map(({ roomId }) => roomId),
      () => [],
    );
    this.#audiences.set(userId, asked);
    return asked;
  }

  #learnSize(channel: RoomChannel, userId: string): void {
    this.#options.queries.memberships(userId, this.hub.delivered.token()).then(
      ({ rooms }) => {
        const room = rooms.find(({ roomId }) => roomId === channel.roomId);
        if (room && Number.isNaN(channel.members)) channel.members = room.members;
      },
      () => {},
    );
  }

  /** Sends everybody elsewhere, spread over at most 8 s; nobody new comes in. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.hub.flush();
    await drainConnections([...this.#connections]);
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    for (const closer of this.#closers) closer();
    this.#heartbeat.stop();
    this.#presence.stop();
    this.#lag.stop();
    this.#stop.abort();
    for (const connection of this.#connections) connection.close(closeCodes.goAway, 'going away');
    await Promise.all(this.#following);
  }
}

/** Tells those who look at a small room how far somebody has read. */
function pushReceipt(channel: RoomChannel, userId: string, n: number): void {
  if (!(channel.members <= receiptMembersMax)) return;
  const frame = { type: 'receipt', roomId: channel.roomId, userId, n };
  for (const connection of channel.openers) {
    if (connection.user?.userId !== userId && !connection.held) connection.write(encodeFrame(connection.format, frame));
  }
}

