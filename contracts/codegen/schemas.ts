import { z } from 'zod';

export type JsonSchema = { [key: string]: unknown };

/**
 * JSON Schema (2020-12) of a zod schema with its named parts (`meta({ id })`) moved to `#/components/schemas/`.
 * What JSON Schema cannot say (refinements) is left out; the services check it all the same.
 */
export class Schemas {
  readonly components: Record<string, JsonSchema> = {};
  readonly #io: 'input' | 'output';

  constructor(io: 'input' | 'output' = 'input') {
    this.#io = io;
  }

  of(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, { io: this.#io, unrepresentable: 'any', target: 'draft-2020-12' }) as JsonSchema;
    return this.#adopt(made);
  }

  #adopt(made: JsonSchema): JsonSchema {
    const { $schema: _, $defs, ...rest } = made;
    for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) this.components[name] ??= relink(definition) as JsonSchema;
    const linked = relink(rest) as JsonSchema;
    const { id } = rest;
    if (typeof id !== 'string') return linked;
    this.components[id] ??= linked;
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** Points references at the document's components and drops what only zod's registry needs. */
function relink(value: unknown, isSchema = true): unknown {
  if (Array.isArray(value)) return value.map((item) => relink(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !(isSchema && key === 'id' && typeof item === 'string'))
      .map(([key, item]) => {
        if (key === '$ref' && typeof item === 'string') return [key, item.replace('#/$defs/', '#/components/schemas/')];
        return [key, relink(item, key !== 'properties')];
      }),
  );
}
