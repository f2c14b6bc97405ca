import type { z } from 'zod';
import type { AggregateKind } from './commit.ts';

/** Declares an event once: its stored name, the version this build writes, its facts, and (if any) its personal content. */
export type EventDefinition<
  T extends string = string,
  D extends z.ZodType = z.ZodType,
  C extends z.ZodType | undefined = z.ZodType | undefined,
> = { readonly type: T; readonly v: number; readonly data: D; readonly content: C };

export function defineEvent<T extends string, D extends z.ZodType, C extends z.ZodType | undefined = undefined>(
  type: T,
  v: number,
  data: D,
  content?: C,
): EventDefinition<T, D, C> {
  return { type, v, data, content: content as C };
}

/** The event as deciders and projections meet it: newest shape, facts only. */
export type EventOf<Def> = Def extends EventDefinition<infer T, infer D> ? { readonly type: T; readonly data: z.infer<D> } : never;
export type ContentOf<Def> = Def extends EventDefinition<string, z.ZodType, infer C> ? (C extends z.ZodType ? z.infer<C> : undefined) : never;

export type HttpRoute = { readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly path: string };

/**
 * Declares a command once. `body` are its fields without `type`; path parameters of `route` are fields of the body.
 * `content` names the fields that are personal and are sealed before anything is queued; deciders never see them.
 * `alone` marks what changes who may see a room: it never shares a commit with another command, because one frame
 * per commit goes to all members.
 */
export type CommandDefinition<T extends string = string, B extends z.ZodObject = z.ZodObject> = {
  readonly type: T;
  readonly kind: AggregateKind;
  readonly body: B;
  readonly content: readonly string[];
  readonly alone: boolean;
  /** Absent: only other services and operators may send it. */
  readonly route?: HttpRoute;
  readonly summary: string;
};

export function defineCommand<T extends string, B extends z.ZodObject>(
  type: T,
  options: { kind: AggregateKind; body: B; summary: string; content?: readonly string[]; alone?: boolean; route?: HttpRoute },
): CommandDefinition<T, B> {
  const { kind, body, summary, content = [], alone = false, route } = options;
  return { type, kind, body, summary, content, alone, ...(route && { route }) };
}

export type CommandOf<Def> = Def extends CommandDefinition<infer T, infer B> ? { readonly type: T } & Readonly<z.infer<B>> : never;
