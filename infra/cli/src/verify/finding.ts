/** Something that is not as it must be. `n` is the first event concerned. */
export type Finding = {
  readonly check: 'envelope' | 'chain' | 'numbering' | 'stream' | 'event' | 'time' | 'visibility' | 'ordinal' | 'epoch' | 'snapshot' | 'rows' | 'parked' | 'head';
  readonly what: string;
  readonly stream?: string;
  readonly seq?: number;
  readonly kind?: string;
  readonly id?: string;
  readonly n?: number;
};

export function renderFinding({ check, what, stream, seq, kind, id, n }: Finding): string {
  const place = [kind !== undefined && `${kind} ${id}`, n !== undefined && `event ${n}`, stream !== undefined && `${stream}${seq === undefined ? '' : ` seq ${seq}`}`].filter((part) => part !== false);
  return `${check}: ${place.join(', ')}${place.length > 0 ? ': ' : ''}${what}`;
}

/** So many are kept; the first is what matters. */
export const findingsMax = 100;
