import type { SealContext } from './content.ts';

/**
 * What a blob is bound to besides its key. Never the event's number: a command decided anew keeps its blob, and order
 * is the chain's business. No part can contain the separator, so different places never render alike.
 */
export function associatedData(ws: string, { kind, id, commandId, index, type }: SealContext, keyId: string): Buffer {
  return Buffer.from(`parley-seal/1|${ws}|${kind}|${id}|${commandId}|${index}|${type}|${keyId}`);
}
