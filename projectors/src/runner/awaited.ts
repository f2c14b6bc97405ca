/**
 * Something that is waited for again and again until it comes, with other things to look after meanwhile. To race the
 * promise itself each time would leave a reaction at it, and with that everything that was raced, until it settles: on
 * a quiet stream that may be for ever. One waits at a time.
 */
export class Awaited<T> {
  /** What came, or why it did not. */
  readonly value: Promise<T>;
  #hasCome = false;
  #wake: () => void = () => {};

  constructor(value: Promise<T>) {
    this.value = value;
    const come = (): void => {
      this.#hasCome = true;
      this.#wake();
    };
    value.then(come, come);
  }

  /** Resolves with whether it has come, well or not: as soon as it has, and at the latest after `ms`; undefined: no sooner than that. */
  within(ms: number | undefined): Promise<boolean> {
    if (this.#hasCome) return Promise.resolve(true);
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(this.#hasCome);
      };
      if (ms !== undefined) timer = setTimeout(end, ms);
      this.#wake = end;
    });
  }
}
