import { z } from 'zod';

/**
 * Text that every store can hold: no U+0000 (PostgreSQL refuses it) and no lone surrogate (JSON and UTF-8 disagree on
 * it), so nothing that was accepted can fail later in a projector. `max` counts UTF-16 code units.
 */
export function storableText(max: number, min = 1) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'must not contain U+0000 or a lone surrogate');
}

/** One line: names and topics. Control characters and bidirectional overrides would let a name dress up as another. */
export function storableLine(max: number, min = 1) {
  return storableText(max, min)
    .refine((text) => !/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/u.test(text), 'must be one line without control characters')
    .refine((text) => text.trim() === text, 'must not begin or end with white space');
}
