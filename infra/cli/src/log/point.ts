import { InvalidArgumentError } from 'commander';

/** A place in a log: the number of an event, or an instant (milliseconds since 1970) and how it was said. */
export type Point = { readonly n: number } | { readonly atMs: number; readonly said?: string };

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const dayMs = 86_400_000;
const relative = /^(\d{1,6}) ?(s|m|h|d|w|sec|second|min|minute|hour|day|week)s? ago$/;
const dayWord = /^(today|yesterday)(?: (\d\d?):(\d\d)(?::(\d\d))?)?$/;
const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/;

/** What is wrong with what was typed. */
type Wrong = { readonly wrong: string };
const notUnderstood: Wrong = { wrong: 'give an event number, an ISO time (2026-11-24T14:00Z), "2h ago", "yesterday 14:00" or "now".' };

/**
 * Reads what people write for a place in the log, or says what is wrong with it: anything else, numbers below 1 or
 * beyond 2^53 − 1, and the future. Times without a zone are UTC, as every time that is printed.
 */
export function readPoint(text: string, nowMs: number): Point | Wrong {
  if (/^\d+$/.test(text)) {
    const n = Number(text);
    return Number.isSafeInteger(n) && n >= 1 ? { n } : { wrong: 'an event number is a whole number from 1 on.' };
  }
  const atMs = text === 'now' ? nowMs : (ago(text, nowMs) ?? dayAndClock(text, nowMs) ?? instant(text));
  if (atMs === undefined) return notUnderstood;
  return atMs > nowMs ? { wrong: 'that lies in the future; the log has no such time yet.' } : { atMs, said: text };
}

/** `readPoint` for options and arguments: throws InvalidArgumentError. */
export function parsePoint(text: string, nowMs: number = Date.now()): Point {
  const point = readPoint(text, nowMs);
  if ('wrong' in point) throw new InvalidArgumentError(point.wrong);
  return point;
}

function ago(text: string, nowMs: number): number | undefined {
  const [, number, unit] = relative.exec(text) ?? [];
  return number === undefined ? undefined : Math.max(0, nowMs - Number(number) * (unitMs[unit?.charAt(0) ?? ''] ?? 0));
}

function dayAndClock(text: string, nowMs: number): number | undefined {
  const [, day, hour = '0', minute = '0', second = '0'] = dayWord.exec(text) ?? [];
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (day === undefined || h > 23 || m > 59 || s > 59) return undefined;
  return Math.floor(nowMs / dayMs) * dayMs - (day === 'yesterday' ? dayMs : 0) + ((h * 60 + m) * 60 + s) * 1_000;
}

function instant(text: string): number | undefined {
  const [, date, clock = '00:00', seconds = '00', fraction = '', zone = 'Z'] = iso.exec(text) ?? [];
  if (date === undefined) return undefined;
  const midnight = Date.parse(`${date}T00:00Z`);
  const atMs = Date.parse(`${date}T${clock}:${seconds}${fraction === '' ? '' : fraction.padEnd(4, '0')}${zone}`);
  // A day such as February 30th would be taken for another one.
  if (Number.isNaN(atMs) || Number.isNaN(midnight) || atMs < 0 || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  return atMs;
}

/** How a point is named in sentences. */
export const renderPoint = (point: Point): string => ('n' in point ? `event ${point.n}` : new Date(point.atMs).toISOString());

/** Whether an event lies between two points, both included; a bound that is left out bounds nothing. */
export function isWithin(n: number, at: string, from: Point | undefined, to: Point | undefined): boolean {
  const atMs = Date.parse(at);
  const isAfter = from === undefined || ('n' in from ? n >= from.n : atMs >= from.atMs);
  return isAfter && (to === undefined || ('n' in to ? n <= to.n : atMs <= to.atMs));
}
