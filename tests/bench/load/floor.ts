import { Agent, request } from 'node:http';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import Fastify from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import WebSocket, { WebSocketServer } from 'ws';

const FLOOR_SAMPLES = 400;

/** The least that such a path can cost: an HTTP echo, a synced publish, a delivery to a consumer and a socket send, one after the other, summed. */
export async function floor(natsUrl: string): Promise<number[]> {
  const app = Fastify();
  app.post('/echo', (incoming) => incoming.body);
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  const nc = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(nc);
  await manager.streams.add({ name: 'FLOOR', subjects: ['floor'] });
  const js = jetstream(nc);
  let arrived: (() => void) | undefined;
  const messages = await (await js.consumers.get('FLOOR')).consume({ callback: () => arrived?.() });
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => { server.once('listening', resolve); });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  const [peer] = await Promise.all([new Promise<WebSocket>((resolve) => { server.once('connection', resolve); }), new Promise((resolve) => { client.once('open', resolve); })]);
  const agent = new Agent({ keepAlive: true });
  const payload = JSON.stringify({ type: 'post-message', roomId: uuidv7(), text: 'x'.repeat(120) });
  const samples: number[] = [];
  for (let index = 0; index < FLOOR_SAMPLES; index += 1) {
    const begun = performance.now();
    await new Promise<void>((resolve, reject) => {
      const sending = request(url, { method: 'POST', path: '/echo', agent, headers: { 'content-type': 'application/json' } }, (answer) => { answer.resume().on('end', resolve); });
      sending.on('error', reject).end(payload);
    });
    const consumed = new Promise<void>((resolve) => { arrived = resolve; });
    await js.publish('floor', payload);
    await consumed;
    const received = new Promise((resolve) => { client.once('message', resolve); });
    peer.send(payload);
    await received;
    samples.push(performance.now() - begun);
  }
  messages.stop();
  await manager.streams.delete('FLOOR');
  await nc.close();
  client.terminate();
  server.close();
  agent.destroy();
  await app.close();
  return samples;
}

