import { z } from 'zod';

/** Every answer says how far the read model is (`position`, a cursor) and whether it had reached what was asked for. */
export const answerOf = <T extends z.ZodType>(data: T) => z.object({ data, position: z.string(), stale: z.boolean() });
export type Answer<T> = { readonly data: T; readonly position: string; readonly stale: boolean };

export type QueryDefinition<N extends string = string, P extends z.ZodObject = z.ZodObject, D extends z.ZodType = z.ZodType> = {
  readonly name: N;
  readonly path: string;
  readonly summary: string;
  /** Path and query-string parameters together. */
  readonly params: P;
  readonly data: D;
};

export function defineQuery<N extends string, P extends z.ZodObject, D extends z.ZodType>(
  name: N, definition: { path: string; summary: string; params: P; data: D },
): QueryDefinition<N, P, D> {
  return { name, ...definition };
}
export type ParamsOf<Q> = Q extends QueryDefinition<string, infer P> ? z.infer<P> : never;
export type DataOf<Q> = Q extends QueryDefinition<string, z.ZodObject, infer D> ? z.infer<D> : never;
