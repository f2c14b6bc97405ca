import type { z } from 'zod';
import { closeCodes, mayReconnect } from '../realtime/close-codes.ts';
import { ClientFrame, HelloFrame, serverFrames, subprotocol } from '../realtime/frames.ts';
import { firstFrameBytesMax, firstFrameMsMax, frameBytesMax, heartbeatMs } from '../realtime/limits.ts';
import { eventsPath, socketPath } from '../realtime/session.ts';
import { clientCommands } from '../registry/commands.ts';
import { events } from '../registry/events.ts';
import { Schemas } from './schemas.ts';

const summaries: Readonly<Record<string, string>> = {
  'hello': `The first frame of a socket, within ${firstFrameMsMax / 1_000} s and ${firstFrameBytesMax} bytes. A cursor asks to resume.`,
  'command': 'Does something; the answer is an ack or an error with the same id.',
  'typing': 'Says that one is typing.',
  'presence': 'Says whether one is active or idle.',
  'open': 'Says which rooms are on screen; receipts are pushed for these alone.',
  'ping': 'Asks for a pong: the server’s time, and a cursor for who hears little.',
  'renew': 'A fresh token of the same person: without one the socket is closed (4401) soon after its token ends.',
  'welcome': 'The first answer: fresh, resumed (what was missed follows) or reset (load anew from the queries).',
  'commit': 'What happened, in one commit of one aggregate. Its cursor says that everything before it was sent.',
  'entered': 'One became a member of a room: load it from the queries with after = cursor, then fold from n + 1.',
  'ack': 'The command is in the log.',
  'error': 'A refusal; a problem as over HTTP.',
  'typing-signal': 'Somebody is typing in a room.',
  'presence-signal': 'Who is there, of those one shares a room with.',
  'receipt': 'How far somebody has read, in a small room on screen.',
  'goaway': 'A planned close follows: come back elsewhere, after a wait.',
  'live': 'The resume is over.',
  'pong': 'The answer to a ping.',
  'renewed': 'The answer to a renewal: the connection now ends with this token.',
};

const idOf = (schema: z.ZodType): string => {
  const id = schema.meta()?.['id'];
  if (typeof id !== 'string') throw new TypeError('a frame has no id');
  return id;
};

/** The realtime interface as AsyncAPI 3.0, from the frames alone. Directions are the server's: it receives what clients send. */
export function asyncApiDocument(version: string): object {
  const sent: readonly z.ZodType[] = [HelloFrame, ...ClientFrame.options];
  const schemas = new Schemas('output');
  const inputs = new Schemas('input');
  for (const frame of sent) inputs.of(frame);
  for (const frame of serverFrames) schemas.of(frame);
  const messages = Object.fromEntries([...sent, ...serverFrames].map((frame) => [idOf(frame), {
    name: idOf(frame), title: idOf(frame), summary: summaries[idOf(frame)] ?? '', contentType: 'application/json', payload: { $ref: `#/components/schemas/${idOf(frame)}` },
  }]));
  const inChannel = (channel: string, frame: z.ZodType) => ({ $ref: `#/channels/${channel}/messages/${idOf(frame)}` });
  const refs = (frames: readonly z.ZodType[]) => Object.fromEntries(frames.map((frame) => [idOf(frame), { $ref: `#/components/messages/${idOf(frame)}` }]));
  return {
    asyncapi: '3.0.0',
    info: { title: 'Parley realtime', version, license: { name: 'Apache-2.0' }, description: description() },
    defaultContentType: 'application/json',
    servers: { gateway: { host: 'localhost', protocol: 'ws', description: 'A live gateway; wss where TLS ends before it.' } },
    channels: {
      socket: { address: socketPath, title: 'WebSocket', description: `Subprotocol \`${subprotocol}\`.`, messages: refs([...sent, ...serverFrames]), bindings: { ws: { method: 'GET' } } },
      events: { address: eventsPath, title: 'Server-sent events', description: 'The same frames one way; the event id is the cursor.', messages: refs(serverFrames) },
    },
    operations: {
      send: { action: 'receive', channel: { $ref: '#/channels/socket' }, summary: 'Frames a client sends.', messages: sent.map((frame) => inChannel('socket', frame)) },
      push: { action: 'send', channel: { $ref: '#/channels/socket' }, summary: 'Frames a client gets. It ignores those it does not know.', messages: serverFrames.map((frame) => inChannel('socket', frame)) },
      stream: { action: 'send', channel: { $ref: '#/channels/events' }, summary: 'The same as server-sent events.', messages: serverFrames.map((frame) => inChannel('events', frame)) },
    },
    components: { messages, schemas: { ...inputs.components, ...schemas.components } },
  };
}

function description(): string {
  const after = Object.values(closeCodes).filter(mayReconnect);
  const codes = Object.entries(closeCodes).map(([name, code]) => `${code} ${name}`).join(', ');
  return [
    `Open a WebSocket at ${socketPath} with the subprotocol ${subprotocol} and send hello with your token. Each commit frame carries a cursor; give the last one to the next hello and nothing is missed or repeated. Numbers (n) of a room run without a hole.`,
    `Frames are JSON texts of at most ${frameBytesMax} bytes; the server pings every ${heartbeatMs / 1_000} s. Close codes: ${codes}. Come back and resume after ${after.join(', ')}; after others it cannot help.`,
    `Commands: ${clientCommands.map(({ type }) => type).join(', ')}.`,
    `Events: ${events.filter(({ type }) => /^(room|message|user|reader)\./.test(type)).map(({ type, v }) => `${type} v${v}`).join(', ')}.`,
  ].join('\n\n');
}
