import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ProblemCode, problem } from '@parley/contracts/problems/codes';
import { closeCodes } from '@parley/contracts/realtime/close-codes';
import { HelloFrame, subprotocol } from '@parley/contracts/realtime/frames';
import { firstFrameBytesMax, frameBytesMax } from '@parley/contracts/realtime/limits';
import { socketPath } from '@parley/contracts/realtime/session';
import { type WebSocket, WebSocketServer } from 'ws';
import { ParleySocket, SocketConnection } from './parley-socket.ts';

const fragmentsMax = 64;
const bufferedChunksMax = 1_024;
const closeMsMax = 5_000;

export type SocketDoorOptions = {
  /** Why nobody may come in now, or undefined. */
  readonly refusal: (request: IncomingMessage) => ProblemCode | undefined;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly onOpen: (connection: SocketConnection) => void;
  /** The first frame, well-formed. */
  readonly onHello: (connection: SocketConnection, hello: HelloFrame) => void;
  readonly onFrame: (connection: SocketConnection, data: Buffer) => void;
  readonly onClosed: (connection: SocketConnection, code: number) => void;
};

/** Takes WebSocket upgrades off an HTTP server. Returns what stops that. */
export function openSocketDoor(server: Server, options: SocketDoorOptions): () => void {
  const sockets = new WebSocketServer({
    noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: frameBytesMax, WebSocket: ParleySocket,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    ...{ maxFragments: fragmentsMax, maxBufferedChunks: bufferedChunksMax, closeTimeout: closeMsMax },
  });
  const shared = handlersOf(options);
  const upgrade = (request: IncomingMessage, network: Duplex, head: Buffer): void => {
    network.on('error', ignore);
    const path = (request.url ?? '').split('?', 1)[0];
    const code = path !== socketPath ? 'not-found' : !offersProtocol(request) ? 'malformed' : options.refusal(request);
    if (code !== undefined) return refuse(network, code);
    sockets.handleUpgrade(request, network, head, (socket) => {
      network.off('error', ignore);
      const connection = new SocketConnection(socket, network, options.addressOf(request));
      socket.connection = connection;
      socket.on('message', shared.message);
      socket.on('close', shared.close);
      socket.on('error', ignore);
      socket.on('pong', shared.pong);
      options.onOpen(connection);
    });
  };
  server.on('upgrade', upgrade);
  return () => {
    server.off('upgrade', upgrade);
    server.on('upgrade', (_request, network) => refuse(network, 'unavailable'));
  };
}

function ignore(): void {}

const offersProtocol = (request: IncomingMessage): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((offered) => offered.trim() === subprotocol);

function refuse(network: Duplex, code: ProblemCode): void {
  const body = JSON.stringify(problem(code));
  const { status, title } = problem(code);
  network.end(`HTTP/1.1 ${status} ${title.replace(/[^\x20-\x7e]/g, '')}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

type Handlers = {
  readonly message: (this: WebSocket, data: WebSocket.RawData, isBinary: boolean) => void;
  readonly close: (this: WebSocket, code: number) => void;
  readonly pong: (this: WebSocket) => void;
};

/** One set of handlers for all sockets: `this` says which. Every socket here is a ParleySocket. */
function handlersOf({ onHello, onFrame, onClosed }: SocketDoorOptions): Handlers {
  const greet = (connection: SocketConnection, data: Buffer, isBinary: boolean): void => {
    if (data.byteLength > firstFrameBytesMax) return connection.close(closeCodes.tooLarge, 'the first frame is too large');
    const hello = isBinary ? undefined : parseHello(data);
    if (!hello) return connection.close(closeCodes.malformed, 'the first frame must be a hello');
    connection.isGreeted = true;
    onHello(connection, hello);
  };
  return {
    message: function (data, isBinary) {
      const { connection } = this as ParleySocket;
      if (!connection || connection.isClosed) return;
      connection.answered = true;
      if (!connection.isGreeted) greet(connection, data as Buffer, isBinary);
      else if (isBinary) connection.close(closeCodes.malformed, 'frames are text');
      else onFrame(connection, data as Buffer);
    },
    close: function (code) {
      const { connection } = this as ParleySocket;
      if (!connection) return;
      connection.isClosed = true;
      onClosed(connection, code);
      (this as ParleySocket).connection = undefined;
    },
    pong: function () {
      const { connection } = this as ParleySocket;
      if (connection) connection.answered = true;
    },
  };
}

function parseHello(data: Buffer): HelloFrame | undefined {
  try {
    return HelloFrame.safeParse(JSON.parse(data.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
