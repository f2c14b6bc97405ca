import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomOf } from './random.ts';

/** What happens to the bytes of one direction. */
export type LinkFault = {
  /** Nothing arrives until this ends; then all of it does, in order, as TCP repeats what a network swallowed. */
  readonly holds?: boolean;
  /** Each piece arrives this much later. */
  readonly delayMs?: number;
  /** This share of the pieces is lost at first: they, and all behind them, wait for a repetition. */
  readonly loss?: number;
  /** How long a repetition takes; 200 ms unless told, the least of Linux. */
  readonly repeatMs?: number;
};

type Direction = 'up' | 'down';
type Pair = { readonly client: Socket; readonly target: Socket };

/**
 * A line between a client and a TCP server that can be cut, held in one or both directions, slowed and made lossy.
 * It stands on addresses of this machine alone and needs no rights. `up` is from the client to the server.
 */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  readonly #lanes = new Set<Lane>();
  readonly #random: () => number;
  #faults: Record<Direction, LinkFault> = { up: {}, down: {} };
  #isCut = false;

  private constructor(server: Server, target: { readonly host: string; readonly port: number }, seed: number) {
    this.#server = server;
    this.#target = target;
    this.#random = randomOf(seed);
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#join(client));
  }

  /** Opens a line to a port of this machine, or of a network namespace of ours (`targetHost`, `listenHost`). The same seed loses the same pieces. */
  static async start(targetPort: number, { seed = 1, targetHost = '127.0.0.1', listenHost = '127.0.0.1' }: { readonly seed?: number; readonly targetHost?: string; readonly listenHost?: string } = {}): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, listenHost, resolve);
    });
    return new FaultProxy(server, { host: targetHost, port: targetPort }, seed);
  }

  /** The same address with our host and port in place of the server's. */
  through(url: string): string {
    const address = new URL(url);
    address.hostname = (this.#server.address() as AddressInfo).address;
    address.port = String(this.port);
    return address.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
  }

  /** Holds both directions: a partition. */
  hold(): void {
    this.set({ up: { holds: true }, down: { holds: true } });
  }
  /** What happens from now on; a direction that is not named is well. */
  set(faults: Partial<Record<Direction, LinkFault>>): void {
    this.#faults = { up: faults.up ?? {}, down: faults.down ?? {} };
    for (const lane of this.#lanes) lane.wake();
  }
  /** Ends all connections without a word and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const { client, target } of this.#pairs) {
      client.destroy();
      target.destroy();
    }
  }
  heal(): void {
    this.#isCut = false;
    this.set({});
  }

  #join(client: Socket): void {
    if (this.#isCut) return void client.destroy();
    const target = connect(this.#target);
    client.setNoDelay(true);
    target.setNoDelay(true);
    const pair = { client, target };
    this.#pairs.add(pair);
    const lanes = [this.#lane(client, target, 'up'), this.#lane(target, client, 'down')];
    const end = (): void => {
      for (const lane of lanes) this.#lanes.delete(lane);
      this.#pairs.delete(pair);
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    client.resume();
  }

  #lane(from: Socket, to: Socket, direction: Direction): Lane {
    const lane = new Lane(from, to, () => this.#faults[direction], this.#random);
    this.#lanes.add(lane);
    return lane;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}

const heldBytesMax = 16 * 1024 * 1024;

/** One direction of one connection: pieces leave in the order in which they came. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #fault: () => LinkFault;
  readonly #random: () => number;
  readonly #queue: { readonly bytes: Buffer | undefined; readonly dueMs: number }[] = [];
  #bytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, fault: () => LinkFault, random: () => number) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
    this.#random = random;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#take(undefined));
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => from.resume());
  }

  #take(bytes: Buffer | undefined): void {
    const { delayMs = 0, loss = 0, repeatMs = 200 } = this.#fault();
    const lateMs = delayMs + (loss > 0 && this.#random() < loss ? repeatMs : 0);
    this.#lastDueMs = Math.max(this.#lastDueMs, performance.now() + lateMs);
    this.#queue.push({ bytes, dueMs: lateMs === 0 && this.#queue.length === 0 ? 0 : this.#lastDueMs });
    this.#bytes += bytes?.byteLength ?? 0;
    if (this.#bytes > heldBytesMax) this.#from.pause();
    this.wake();
  }

  /** Sends what is due, unless it is held. */
  wake(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const next = this.#queue[0];
      if (!next || this.#fault().holds === true || this.#to.destroyed) return;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.wake(), waitMs);
        return;
      }
      this.#queue.shift();
      if (next.bytes === undefined) {
        this.#to.end();
        continue;
      }
      this.#bytes -= next.bytes.byteLength;
      if (!this.#to.write(next.bytes)) this.#from.pause();
      else if (this.#bytes < heldBytesMax) this.#from.resume();
    }
  }
}
