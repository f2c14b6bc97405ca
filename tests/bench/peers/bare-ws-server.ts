import { WebSocketServer, type WebSocket } from 'ws';

/**
 * The peer of `fanout` and `memory`: nothing but `ws` and a loop of `send(Buffer)`. Run in a process of its own and
 * told over IPC what to offer, so that its CPU and memory are its own.
 */
type Order =
  | { readonly do: 'offer'; readonly perSecond: number; readonly seconds: number; readonly payloadBytes: number }
  | { readonly do: 'usage' }
  /** From now on whoever connects is written so many frames of so many bytes at once; answered with what they are. */
  | { readonly do: 'greet'; readonly frames: number; readonly bytes: number };

let greeting: Buffer | undefined;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 65_536 });
const sockets = new Set<WebSocket>();
server.on('connection', (socket, request) => {
  sockets.add(socket);
  // Made once, written as it is: no server can do less for so many frames.
  if (greeting) request.socket.write(greeting);
  socket.on('message', () => {});
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => {});
});
server.on('listening', () => process.send?.({ type: 'ready', port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit(0));

process.on('message', (order: Order) => {
  if (order.do === 'greet') {
    greeting = order.frames === 0 ? undefined : Buffer.concat(Array.from({ length: order.frames }, () => plainFrame(order.bytes)));
    process.send?.({ type: 'greeting', bytes: greeting?.byteLength ?? 0 });
    return;
  }
  if (order.do === 'usage') {
    globalThis.gc?.();
    process.send?.({ type: 'usage', rssBytes: process.memoryUsage().rss, cpu: process.cpuUsage(), sockets: sockets.size });
    return;
  }
  offer(order).then(
    (sent) => process.send?.({ type: 'offered', ...sent }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

/** A text frame (RFC 6455 §5.2) whose text is of so many bytes, 126 to 65,535. */
function plainFrame(bytes: number): Buffer {
  const frame = Buffer.alloc(4 + bytes, ' ');
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(bytes, 2);
  frame.write('{"type":"plain"}', 4);
  return frame;
}

/** Sends `perSecond` messages to every socket on an open-loop schedule; each payload carries its number and intended time. */
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
      const payload = Buffer.from(JSON.stringify({ type: 'message', i: sent, t: Math.round(intendedMs * 1_000), text: filler }));
      for (const socket of sockets) socket.send(payload, { binary: false });
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (sent >= due && sent < total) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  while ([...sockets].some((socket) => socket.bufferedAmount > 0)) await new Promise((resolve) => setTimeout(resolve, 5));
  const used = process.cpuUsage(cpu);
  return { sent, sockets: sockets.size, cpuSeconds: (used.user + used.system) / 1e6, wallSeconds: (performance.now() - begun) / 1e3 };
}
