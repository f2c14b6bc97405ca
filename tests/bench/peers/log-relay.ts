import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { WebSocketServer, type WebSocket } from 'ws';

/**
 * The least that stores before anybody hears: `ws`, a stream of JetStream synced as Parley's, and nothing between. What
 * is said is published, and what the stream delivers is written to the room's sockets. Nobody's right is checked,
 * nothing is decided, sealed, acknowledged or projected. One node of however many; NATS's address comes in NATS_URL.
 */
const stream = 'LEAST';
const nc = await connect({ servers: process.env['NATS_URL'] ?? '' });
await (await jetstreamManager(nc)).streams.add({ name: stream, subjects: ['least.*'] });

const rooms = new Map<string, Set<WebSocket>>();
const consumer = await jetstream(nc).consumers.get(stream);
await consumer.consume({
  callback: (message) => {
    const { data } = message;
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (const socket of rooms.get(message.subject.slice('least.'.length)) ?? []) socket.send(text, { binary: false });
  },
});

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 65_536 });
server.on('connection', (socket, request) => {
  const room = new URL(request.url ?? '/', 'http://localhost').searchParams.get('room') ?? '';
  const inside = rooms.get(room) ?? new Set();
  rooms.set(room, inside.add(socket));
  socket.on('message', (data) => nc.publish(`least.${room}`, data as Buffer));
  socket.on('close', () => inside.delete(socket));
  socket.on('error', () => {});
});
server.on('listening', () => process.send?.({ type: 'ready', port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit(0));
