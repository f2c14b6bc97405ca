import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { pingFrame, textFrame } from './wire-format.ts';

/**
 * We write whole frames to the network socket beside ws. That is sound only while ws writes whole frames at once and
 * keeps nothing back: this fails when a release of ws does otherwise.
 */
test('ws and we may write to one socket in turns', async () => {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const opened = new EventEmitter();
  http.on('upgrade', (request, network, head) => server.handleUpgrade(request, network, head, (socket) => opened.emit('socket', socket, network)));
  await new Promise<void>((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { perMessageDeflate: true });
  const got: string[] = [];
  let pings = 0;
  client.on('message', (data: Buffer) => got.push(data.toString('utf8')));
  client.on('ping', () => { pings += 1; });
  const [socket, network] = (await once(opened, 'socket')) as [WebSocket, Duplex];
  const expected: string[] = [];
  for (let index = 0; index < 200; index += 1) {
    const text = `${index} ${'y'.repeat((index * 997) % 70_000)}`;
    expected.push(text);
    if (index % 3 === 0) socket.send(text);
    else if (index % 3 === 1) network.write(textFrame(Buffer.from(text)));
    else network.write(Buffer.concat([pingFrame, textFrame(Buffer.from(text))]));
  }
  const closed = once(client, 'close') as Promise<[number]>;
  socket.close(4008, 'done');
  const [code] = await closed;
  expect(code).toBe(4008);
  expect(got).toEqual(expected);
  expect(pings).toBe(66);
  expect(socket.extensions).toBe('');
  await new Promise((resolve) => { http.close(resolve); });
});
