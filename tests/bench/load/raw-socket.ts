import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/**
 * A WebSocket client of few bytes and cycles (RFC 6455, whole frames, no extensions), so that the load generator is
 * never what is measured. `onMessage` gets a view that is only valid during the call.
 */
export type RawSocket = { readonly socket: Socket; send(text: string): void; close(): void };

export async function openRawSocket(url: URL, subprotocol: string | undefined, onMessage: (payload: Buffer) => void, onClose?: (code: number) => void): Promise<RawSocket> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const protocol = subprotocol ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n` : '';
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${protocol}\r\n`,
  );
  const rest = await handshake(socket);
  const read = frameReader(onMessage, (code) => onClose?.(code), (payload) => socket.write(maskedFrame(payload, 0x8a)));
  if (rest.length > 0) read(rest);
  socket.on('data', read);
  socket.on('error', () => {});
  return { socket, send: (text) => socket.write(maskedFrame(Buffer.from(text), 0x81)), close: () => socket.destroy() };
}

function handshake(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      socket.off('error', reject);
      if (received.subarray(0, 12).toString('latin1') !== 'HTTP/1.1 101') reject(new Error(received.subarray(0, 300).toString('latin1')));
      else resolve(received.subarray(end + 4));
    };
    socket.on('data', onData);
    socket.once('error', reject);
  });
}

function frameReader(onMessage: (payload: Buffer) => void, onClose: (code: number) => void, onPing: (payload: Buffer) => void) {
  let kept: Buffer | undefined;
  return (chunk: Buffer): void => {
    let data = kept ? Buffer.concat([kept, chunk]) : chunk;
    kept = undefined;
    for (;;) {
      if (data.length < 2) break;
      const short = data[1]! & 0x7f;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length < header) break;
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
      if (data.length < header + length) break;
      const payload = data.subarray(header, header + length);
      const opcode = data[0]! & 0x0f;
      if (opcode === 1 || opcode === 2) onMessage(payload);
      else if (opcode === 8) onClose(length >= 2 ? payload.readUInt16BE(0) : 1005);
      else if (opcode === 9) onPing(payload);
      data = data.subarray(header + length);
    }
    if (data.length > 0) kept = data;
  };
}

function maskedFrame(payload: Buffer, firstByte: number): Buffer {
  const header = payload.length < 126 ? 2 : 4;
  const frame = Buffer.alloc(header + 4 + payload.length);
  frame[0] = firstByte;
  if (header === 2) frame[1] = 0x80 | payload.length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(payload.length, 2);
  }
  // A mask of zeros is a valid mask; hiding bytes from proxies is of no use on a loopback.
  payload.copy(frame, header + 4);
  return frame;
}
