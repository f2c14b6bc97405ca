import { streamNames } from '@parley/contracts/wire/partition';

/** How far this gateway has delivered: the last sequence of each stream, and the cursor that says so. */
export class Delivered {
  readonly epoch: string;
  readonly #seqs: number[];
  readonly #parts: string[];
  readonly #prefix: string;
  #token: string | undefined = undefined;

  /** `seqs` run along `streamNames`. */
  constructor(epoch: string, seqs: readonly number[] = streamNames.map(() => 0)) {
    this.epoch = epoch;
    this.#seqs = [...seqs];
    this.#parts = this.#seqs.map((seq) => seq.toString(36));
    this.#prefix = `c1.${epoch}.`;
  }

  get seqs(): readonly number[] {
    return this.#seqs;
  }
  at(stream: number): number {
    return this.#seqs[stream] ?? 0;
  }
  advance(stream: number, seq: number): void {
    if (seq <= this.at(stream)) return;
    this.#seqs[stream] = seq;
    this.#parts[stream] = seq.toString(36);
    this.#token = undefined;
  }
  /** The cursor token; same text as `encodeCursor` of the contracts, built once per change. */
  token(): string {
    return (this.#token ??= this.#prefix + this.#parts.join('~'));
  }
  /** Whether everything up to `seqs` was delivered; −1 asks for nothing. */
  reached(seqs: readonly number[]): boolean {
    return seqs.every((seq, stream) => seq <= this.at(stream));
  }
  copy(): Delivered {
    return new Delivered(this.epoch, this.#seqs);
  }
}
