import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

/**
 * The peer that people would pick: socket.io with its Redis streams adapter, one node of however many. It does what
 * its documentation shows and no more: nothing is stored, nobody's right to speak is checked.
 * The Redis address comes in REDIS_URL and the nodes' stream in STREAM; without an address the adapter is in memory.
 */
type Order =
  | { readonly do: 'offer'; readonly perSecond: number; readonly seconds: number; readonly payloadBytes: number }
  | { readonly do: 'usage' };

const redisUrl = process.env['REDIS_URL'];
const redis = redisUrl === undefined ? undefined : new Redis(redisUrl);
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, httpCompression: false, serveClient: false, ...(redis && { adapter: createAdapter(redis, { streamName: process.env['STREAM'] ?? 'socket.io' }) }) });
io.on('connection', (socket) => {
  const room = String(socket.handshake.query['room']);
  Promise.resolve(socket.join(room)).catch(() => socket.disconnect(true));
  socket.on('say', (text: string, answer?: (stored: boolean) => void) => {
    io.to(room).emit('message', text);
    answer?.(true);
  });
});

/** Sends into the room `hall` on an open-loop schedule: what the bare loop does, through socket.io's own broadcast. */
async function offer({ perSecond, seconds, payloadBytes }: Extract<Order, { do: 'offer' }>) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const total = Math.round(perSecond * seconds);
  const filler = 'x'.repeat(Math.max(0, payloadBytes - 60));
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1_000) * perSecond) + 1);
    for (; sent < due; sent += 1) {
      const intendedMs = performance.timeOrigin + begun + (sent / perSecond) * 1_000;
      io.to('hall').emit('message', { type: 'message', i: sent, t: Math.round(intendedMs * 1_000), text: filler });
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (sent >= due && sent < total) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const used = process.cpuUsage(cpu);
  return { sent, cpuSeconds: (used.user + used.system) / 1e6, wallSeconds: (performance.now() - begun) / 1e3 };
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  if (order.do === 'usage') process.send?.({ type: 'usage', rssBytes: process.memoryUsage().rss, cpu: process.cpuUsage(), sockets: io.of('/').sockets.size });
  else {
    offer(order).then((sent) => process.send?.({ type: 'offered', ...sent }), (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  }
});
http.listen(0, '127.0.0.1', () => process.send?.({ type: 'ready', port: (http.address() as AddressInfo).port }));
