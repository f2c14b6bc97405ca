/** One thing that was looked at. `unknown`: it could not be looked at from here. */
export type Check = { readonly name: string; readonly state: 'ok' | 'warn' | 'bad' | 'unknown'; readonly detail: string; /** What to do. */ readonly hint?: string; /** What `--fix` can do about it without losing anything. */ readonly fix?: Fix };
/** `what` completes "shall I …?"; `run` does it and says what was done. */
export type Fix = { readonly what: string; readonly run: () => Promise<string> };

export const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail });
export const warn = (name: string, detail: string, hint?: string): Check => ({ name, state: 'warn', detail, ...(hint !== undefined && { hint }) });
export const bad = (name: string, detail: string, hint?: string): Check => ({ name, state: 'bad', detail, ...(hint !== undefined && { hint }) });
export const unknown = (name: string, detail: string, hint?: string): Check => ({ name, state: 'unknown', detail, ...(hint !== undefined && { hint }) });

export const fixable = (check: Check, fix: Fix): Check => ({ ...check, fix });

/** What PostgreSQL says of a table that is not there (SQLSTATE). */
export const undefinedTable = '42P01';

/** The checks that a look gives; a look that fails is a finding, never the end. */
export async function look(name: string, work: () => Promise<Check | readonly Check[]>): Promise<readonly Check[]> {
  try {
    const found = await work();
    return 'name' in found ? [found] : found;
  } catch (error) {
    // Told already, by the migrations.
    if ((error as { code?: string }).code === undefinedTable) return [unknown(name, 'its tables are not there yet')];
    return [bad(name, error instanceof Error ? error.message : String(error))];
  }
}

/** Compares `major.minor` of a version with the least that will do. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)));
  return (a?.[0] ?? 0) > (b?.[0] ?? 0) || (a?.[0] === b?.[0] && (a?.[1] ?? 0) >= (b?.[1] ?? 0));
}
