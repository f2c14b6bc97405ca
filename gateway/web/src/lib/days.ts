/** Dates as the reader's own zone and language have them. Formatters are costly to make and are kept, at most 40. */
const formattersMax = 40;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${zone ?? ''}|${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known) return known;
  if (formatters.size >= formattersMax) formatters.clear();
  const made = new Intl.DateTimeFormat(locale, { ...options, ...(zone && { timeZone: zone }) });
  formatters.set(key, made);
  return made;
}

/** `2026-11-21` in the given zone (default: the system's): equal for two instants of one local day. */
export const dayKey = (iso: string, zone?: string): string =>
  formatter('sv-SE', zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(iso));

/** The time beside a message: `14:02`, or as the language has it. */
export const timeLabel = (iso: string, locale: string, zone?: string): string =>
  formatter(locale, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));

/** Everything, for a tooltip and for `<time>`. */
export const fullLabel = (iso: string, locale: string, zone?: string): string =>
  formatter(locale, zone, { dateStyle: 'full', timeStyle: 'long' }).format(new Date(iso));

/** Short date and time, for lists that mix days. */
export const shortLabel = (iso: string, locale: string, zone?: string): string =>
  formatter(locale, zone, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));

/** The time alone for today, else with its day. */
export const momentLabel = (iso: string, locale: string): string => (dayKey(iso) === dayKey(new Date().toISOString()) ? timeLabel(iso, locale) : shortLabel(iso, locale));

/**
 * The words of a date divider: today and yesterday by name, days of this year without the year.
 * `now` is milliseconds since 1970.
 */
export function dayLabel(iso: string, now: number, locale: string, zone?: string): string {
  const day = dayKey(iso, zone);
  const today = dayKey(new Date(now).toISOString(), zone);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (day === today) return capitalised(relative.format(0, 'day'), locale);
  if (day === dayBefore(today)) return capitalised(relative.format(-1, 'day'), locale);
  const sameYear = day.slice(0, 4) === today.slice(0, 4);
  return formatter(locale, zone, { weekday: 'long', month: 'long', day: 'numeric', ...(!sameYear && { year: 'numeric' }) }).format(new Date(iso));
}

/** A calendar day (`2026-11-20`) as a date divider would say it. */
export const dayName = (day: string, now: number, locale: string): string => dayLabel(`${day}T12:00:00`, now, locale);

const dayBefore = (day: string): string => new Date(Date.parse(`${day}T12:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
const capitalised = (text: string, locale: string): string => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** Milliseconds from `now` to the next change of day in the zone, found by halving, so that changes of the clock are right. */
export function msToMidnight(now: number, zone?: string): number {
  const today = dayKey(new Date(now).toISOString(), zone);
  let low = 0;
  let high = 26 * 3_600_000;
  while (high - low > 500) {
    const middle = Math.floor((low + high) / 2);
    if (dayKey(new Date(now + middle).toISOString(), zone) === today) low = middle;
    else high = middle;
  }
  return high;
}
