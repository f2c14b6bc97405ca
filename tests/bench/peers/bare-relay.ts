import { WebSocketServer, type WebSocket } from 'ws';

/**
 * The least that can stand between two people: `ws` and a map of rooms in one process, nothing stored, nothing
 * checked. What a delay through this is, the load generator and the kernel alone have caused.
 */
const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 65_536 });
server.on('connection', (socket, request) => {
  const room = new URL(request.url ?? '/', 'http://localhost').searchParams.get('room') ?? '';
  const inside = rooms.get(room) ?? new Set();
  rooms.set(room, inside.add(socket));
  socket.on('message', (data) => {
    for (const other of inside) other.send(data as Buffer, { binary: false });
  });
  socket.on('close', () => inside.delete(socket));
  socket.on('error', () => {});
});
server.on('listening', () => process.send?.({ type: 'ready', port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send?.({ type: 'usage', cpu: process.cpuUsage() }));
