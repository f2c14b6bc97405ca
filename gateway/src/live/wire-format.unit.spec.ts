import { describe, expect, test } from 'vitest';
import * as ws from 'ws';
import { encodeFrame, serverSentEvent, textFrame } from './wire-format.ts';

describe('a text frame', () => {
  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('of %i bytes is framed as ws frames it', (length) => {
    const payload = Buffer.alloc(length, 'x');
    const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
    const theirs = Buffer.concat(Sender.frame(payload, { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: true }));
    expect(textFrame(payload).equals(theirs)).toBe(true);
    expect(textFrame(payload.subarray(0, 3), payload.subarray(3)).equals(textFrame(payload))).toBe(true);
  });
});

test('an event has its cursor as id and one line of data', () => {
  expect(serverSentEvent('c1.e.1', Buffer.from('{"a":"b\\nc"}')).toString()).toBe('id: c1.e.1\ndata: {"a":"b\\nc"}\n\n');
  expect(encodeFrame('sse', { text: 'line\nline\u2028' }).toString().split('\n')).toHaveLength(3);
});
