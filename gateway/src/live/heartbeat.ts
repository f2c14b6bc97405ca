import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { firstFrameMsMax, heartbeatGraceMs, heartbeatMs } from '@parley/contracts/realtime/limits';
import { StreamConnection } from './event-stream.ts';
import { SocketConnection } from './parley-socket.ts';
import { pingFrame } from './wire-format.ts';

const tickMs = 1_000;
const slots = heartbeatMs / tickMs;
const graceTicks = heartbeatGraceMs / tickMs;

type Beating = SocketConnection | StreamConnection;

/** One timer for all connections: each second one slot of the wheel is pinged and one is asked for its pongs. */
export class Heartbeat {
  readonly #wheel: Beating[][] = Array.from({ length: slots }, () => []);
  /** Sockets that have not said hello, oldest first. */
  readonly #ungreeted = new Set<SocketConnection>();
  readonly #cursor: (connection: Beating) => string | undefined;
  #tick = 0;
  readonly #timer: NodeJS.Timeout;

  /** `cursor`: what an idle event stream may be told, or undefined. `onTick`: called each second. */
  constructor(cursor: (connection: Beating) => string | undefined, onTick: () => void) {
    this.#cursor = cursor;
    this.#timer = setInterval(() => {
      this.beat();
      onTick();
    }, tickMs);
  }

  awaitHello(connection: SocketConnection): void {
    this.#ungreeted.add(connection);
  }
  greeted(connection: SocketConnection): void {
    this.#ungreeted.delete(connection);
  }

  add(connection: Beating): void {
    let best = 0;
    for (let slot = 1; slot < slots; slot += 1) if (this.#slot(slot).length < this.#slot(best).length) best = slot;
    connection.slot = best;
    this.#slot(best).push(connection);
  }

  remove(connection: Beating): void {
    if (connection instanceof SocketConnection) this.#ungreeted.delete(connection);
    if (connection.slot < 0) return;
    const slot = this.#slot(connection.slot);
    const index = slot.indexOf(connection);
    const last = slot.pop();
    if (last && index >= 0 && index < slot.length) slot[index] = last;
    connection.slot = -1;
  }

  beat(): void {
    this.#tick += 1;
    for (const connection of this.#slot(this.#tick % slots)) this.#ping(connection);
    for (const connection of [...this.#slot((this.#tick + slots - graceTicks) % slots)]) {
      if (connection instanceof SocketConnection && !connection.answered) connection.close(closeCodes.heartbeatMissed, 'no pong');
    }
    const nowMs = performance.now();
    for (const connection of this.#ungreeted) {
      if (nowMs - connection.openedAtMs < firstFrameMsMax - tickMs / 2) break;
      connection.close(closeCodes.helloTimeout, 'no hello in time');
      this.#ungreeted.delete(connection);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #ping(connection: Beating): void {
    if (connection instanceof StreamConnection) return connection.beat(this.#cursor(connection));
    connection.answered = false;
    connection.write(pingFrame);
  }

  #slot(index: number): Beating[] {
    return this.#wheel[index] as Beating[];
  }
}
