import type { z } from 'zod';

type Test = (value: unknown) => boolean;
/** What of a zod definition is looked at; anything that is not named here is left to zod. */
type Definition = {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Rule } }[];
  readonly coerce?: boolean;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
  readonly check?: string | undefined;
  readonly format?: string;
  readonly pattern?: RegExp;
};
type Rule = { readonly check: string; readonly format?: string; readonly pattern?: RegExp; readonly minimum?: number; readonly maximum?: number; readonly value?: number; readonly inclusive?: boolean; readonly when?: unknown };

/**
 * A test that is several times quicker than a schema's own and never more lenient: true means that zod would accept the
 * value, false that zod must be asked. Undefined for a schema with a part that is not known here.
 */
export function quickShape(schema: z.ZodType): Test | undefined {
  const def = schema._zod.def as unknown as Definition;
  if (def.coerce) return undefined;
  switch (def.type) {
    case 'string':
      return withRules((value) => typeof value === 'string', def);
    case 'number':
      return def.format === 'safeint' ? withRules((value) => Number.isSafeInteger(value), { ...def, check: undefined }) : undefined;
    case 'boolean':
      return withRules((value) => typeof value === 'boolean', def);
    case 'enum': {
      const values: ReadonlySet<unknown> = new Set(Object.values(def.entries ?? {}));
      return withRules((value) => values.has(value), def);
    }
    case 'optional':
      return optional(def);
    case 'array':
      return array(def);
    case 'object':
      return object(def);
    default:
      return undefined;
  }
}

function optional(def: Definition): Test | undefined {
  const inner = def.innerType && quickShape(def.innerType);
  return inner && ((value) => value === undefined || inner(value));
}

function array(def: Definition): Test | undefined {
  const element = def.element && quickShape(def.element);
  return element && withRules((value) => Array.isArray(value) && value.every(element), def);
}

function object(def: Definition): Test | undefined {
  // Only the usual object, which takes no notice of fields that it does not name.
  if (def.catchall || !def.shape) return undefined;
  const fields = Object.entries(def.shape).map(([name, schema]) => ({ name, test: quickShape(schema) }));
  if (!fields.every((field): field is { name: string; test: Test } => field.test !== undefined)) return undefined;
  return withRules((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    for (const { name, test } of fields) if (!test((value as Record<string, unknown>)[name])) return false;
    return true;
  }, def);
}

/** Adds what a schema's own format and its checks ask for. */
function withRules(base: Test, def: Definition): Test | undefined {
  const rules = [...(def.check === undefined ? [] : [def as unknown as Rule]), ...(def.checks ?? []).map(({ _zod }) => _zod.def)].map(ruleTest);
  if (!rules.every((rule): rule is Test => rule !== undefined)) return undefined;
  const [first, second] = rules;
  if (!first) return base;
  if (!second) return (value) => base(value) && first(value);
  return (value) => base(value) && rules.every((rule) => rule(value));
}

function ruleTest({ check, pattern, minimum, maximum, value: bound, inclusive, when }: Rule): Test | undefined {
  // A rule under a condition: those of length ask only whether there is one, and what has none is refused before.
  if (when !== undefined && check !== 'min_length' && check !== 'max_length') return undefined;
  switch (check) {
    case 'string_format':
      // A pattern that remembers where it was would answer differently each time.
      return pattern && !pattern.global && !pattern.sticky ? (value) => pattern.test(value as string) : undefined;
    case 'min_length':
      return (value) => (value as string | unknown[]).length >= (minimum as number);
    case 'max_length':
      return (value) => (value as string | unknown[]).length <= (maximum as number);
    case 'greater_than':
      return (value) => (inclusive ? (value as number) >= (bound as number) : (value as number) > (bound as number));
    case 'less_than':
      return (value) => (inclusive ? (value as number) <= (bound as number) : (value as number) < (bound as number));
    default:
      return undefined;
  }
}
