/** What handlers are given, by name. */
export const READ_DB = Symbol('read database');
export const TAILS = Symbol('tails');
export const SEARCH = Symbol('search');
