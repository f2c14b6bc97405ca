/** A key that this needs was destroyed: nothing can be sealed for that person or room again. */
export class ContentErased extends Error {
  override readonly name = 'ContentErased';
}

/** A sealed blob does not open under the key it names, in the place it lies: the log was damaged or tampered with. */
export class ContentCorrupt extends Error {
  override readonly name = 'ContentCorrupt';
}
