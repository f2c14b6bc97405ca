export type TarEntry = { readonly name: string; readonly bytes: Uint8Array };

const blockBytes = 512;

/**
 * Reads the plain files of a tar archive (POSIX.1-1988 "ustar", IEEE Std 1003.1 §pax): names up to 255 characters, or
 * longer ones as GNU tar and pax write them. Throws RangeError for bytes that are no archive.
 */
export function* readTar(archive: Uint8Array): Generator<TarEntry> {
  let longName: string | undefined;
  for (let at = 0; at + blockBytes <= archive.length; ) {
    const header = archive.subarray(at, at + blockBytes);
    if (header.every((byte) => byte === 0)) return;
    if (checksum(header) !== octal(header, 148, 8)) throw new RangeError(`not a tar archive: the header at byte ${at} does not add up`);
    const size = octal(header, 124, 12);
    const bytes = archive.subarray(at + blockBytes, at + blockBytes + size);
    if (bytes.length < size) throw new RangeError('the tar archive ends within a file');
    const type = String.fromCharCode(header[156] as number);
    if (type === 'L') longName = text(bytes, 0, size);
    else if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text(bytes, 0, size))?.[1] ?? longName;
    else {
      const prefix = text(header, 345, 155);
      if (type === '0' || type === '\0') yield { name: longName ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`), bytes };
      longName = undefined;
    }
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

const octal = (bytes: Uint8Array, from: number, length: number): number => Number.parseInt(text(bytes, from, length).trim() || '0', 8);

/** Sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
