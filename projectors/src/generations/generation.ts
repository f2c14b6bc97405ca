import type { AnyProjection, Tx } from '../runner/projection.ts';

/** One set of tables of one projection. */
export type GenerationRef = { readonly projection: string; readonly generation: number };

/** `building`: filled from event 1. `standby`: current, but not read. `active`: current, and what `rm` shows. `retired`: its tables are gone. */
export type GenerationState = 'building' | 'standby' | 'active' | 'retired';

export type Generation = GenerationRef & {
  /** Of the projection's rules that made the rows. */
  readonly version: number;
  readonly state: GenerationState;
  readonly createdAt: Date;
  /** When it was last made the one that is read. */
  readonly activatedAt: Date | null;
};

/** Channel on which it is told that a generation changed its state; `<projection> <generation> <ms since 1970>` names one that is read from now on. */
export const generationChannel = 'parley_generation';

/** The schema that holds its tables. */
export const schemaOf = ({ projection, generation }: GenerationRef): string => `${projection}_${generation}`;

/** Where its aggregates are: the next commit of each must begin at n + 1 and name this hash. */
const heads = `
create table aggregate_head (
  kind text not null,
  id   text not null,
  n    bigint not null,
  seq  bigint not null,
  hash text not null,
  primary key (kind, id)
) with (fillfactor = 70);`;

/** Runs DDL that names no schema in the schema of a generation. */
export async function inSchema(tx: Tx, ref: GenerationRef, ddl: string): Promise<void> {
  await tx`select set_config('search_path', ${schemaOf(ref)}, true)`;
  await tx.unsafe(ddl).simple();
}

/** Makes a generation's schema with its tables, without late keys and indexes, and notes it. */
export async function createGeneration(tx: Tx, { name, version, tables }: AnyProjection, generation: number, state: GenerationState): Promise<void> {
  const ref = { projection: name, generation };
  await tx`create schema ${tx(schemaOf(ref))}`;
  await inSchema(tx, ref, heads + tables.tables);
  await tx`insert into ops.generation (projection, generation, version, state) values (${name}, ${generation}, ${version}, ${state})`;
  await tellGenerations(tx);
}

/** Tells whoever runs generations to look again. */
export async function tellGenerations(tx: Tx): Promise<void> {
  await tx`select pg_notify(${generationChannel}, '')`;
}

/** Notes that a generation is the one that is read, and tells readers; no other may be noted so then. */
export async function noteActive(tx: Tx, { projection, generation }: GenerationRef): Promise<void> {
  await tx`
    with active as (
      update ops.generation set state = 'active', activated_at = clock_timestamp() where projection = ${projection} and generation = ${generation} returning *)
    select pg_notify(${generationChannel}, projection || ' ' || generation || ' ' || (extract(epoch from activated_at) * 1000)::float8) from active`;
}
