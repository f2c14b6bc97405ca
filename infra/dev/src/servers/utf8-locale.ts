/** A locale of the C library that every system of its kind has, and that knows all letters: who starts a server may have none set. */
export const utf8Locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
