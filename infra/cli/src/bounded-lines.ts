import type { Readable } from 'node:stream';

/**
 * Lines of a stream of UTF-8; undefined for one of more than `charsMax` characters, told as soon as it is that long, and
 * never more of it in memory: whoever stops there has read no further, however long it goes on.
 */
export async function* boundedLines(source: Readable, charsMax: number): AsyncGenerator<string | undefined> {
  let rest = '';
  let isTooLong = false;
  source.setEncoding('utf8');
  for await (const chunk of source as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!isTooLong) yield part.length > charsMax ? undefined : part;
      isTooLong = false;
    }
    if (rest.length <= charsMax) continue;
    if (!isTooLong) yield undefined;
    isTooLong = true;
    rest = '';
  }
  if (!isTooLong && rest !== '') yield rest;
}
