/** How frames travel: RFC 6455 text frames, or server-sent events. */
export type WireFormat = 'ws' | 'sse';

const length16 = 126;
const length64 = 127;
const finalText = 0x81;

/** RFC 6455 §5.2: one final, unmasked text frame around `parts`. */
export function textFrame(...parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const headerBytes = length < length16 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = finalText;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = length16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = length64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  let offset = headerBytes;
  for (const part of parts) offset += part.copy(frame, offset);
  return frame;
}

/** An empty ping, RFC 6455 §5.5.2. */
export const pingFrame = Buffer.from([0x89, 0x00]);

/** WHATWG HTML §9.2: one event; JSON has no raw line breaks, so one `data:` line carries it. `id` becomes the Last-Event-ID. */
export function serverSentEvent(id: string | undefined, ...json: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(id === undefined ? 'data: ' : `id: ${id}\ndata: `, 'latin1'), ...json, Buffer.from('\n\n', 'latin1')]);
}

/** A frame without a cursor in the format of a connection. */
export function encodeFrame(format: WireFormat, frame: object): Buffer {
  const json = Buffer.from(JSON.stringify(frame), 'utf8');
  return format === 'ws' ? textFrame(json) : serverSentEvent(undefined, json);
}
