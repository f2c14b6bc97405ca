const compactAfter = 256;

/** A queue over one array: push at the end, drop at the front, read in between; all O(1) on average. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }
  /** The item at `index` counted from the front; undefined outside. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#head + index];
  }
  push(item: T): void {
    this.#items.push(item);
  }
  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined as T;
    this.#head += 1;
    if (this.#head > compactAfter && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
  /** Index of the first item for which `isAfter` holds; items must be ordered so that it holds for all later ones. */
  firstIndex(isAfter: (item: T) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(this.#items[this.#head + middle] as T)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
  /** Items from `index` on. */
  from(index: number): T[] {
    return this.#items.slice(this.#head + index);
  }
}
