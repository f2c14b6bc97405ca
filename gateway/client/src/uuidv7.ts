/**
 * Makes UUIDs of version 7 (RFC 9562 §5.7, counter by §6.2 method 1): 48 bits of milliseconds, a 12-bit counter that
 * starts at chance below 2,048 in each millisecond, 62 bits of chance. Each is greater than the one before, also when
 * the clock goes back. Works wherever there is `crypto.getRandomValues`.
 */
export function createUuidV7(nowMs: () => number): () => string {
  let lastMs = 0;
  let counter = 0;
  const bytes = new Uint8Array(16);
  return () => {
    crypto.getRandomValues(bytes);
    const ms = Math.floor(nowMs());
    if (ms > lastMs) {
      lastMs = ms;
      counter = (((bytes[6] as number) << 8) | (bytes[7] as number)) & 0x7ff;
    } else if (counter < 0xfff) {
      counter += 1;
    } else {
      lastMs += 1;
      counter = 0;
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const tail = Array.from(bytes.subarray(8), (byte, index) => (index === 0 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0')).join('');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
