import type { Sql } from '@parley/kernel/stores/postgres';

/** How a column is written: the same value in every format. */
export type ColumnKind = 'text' | 'integer' | 'number' | 'boolean' | 'instant' | 'date' | 'json';
export type Column = { readonly name: string; readonly type: string; readonly kind: ColumnKind; readonly comment: string };
/** One view of schema `analytics`, as it can be exported. */
export type Dataset = {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly Column[];
  /** What `--since` and `--until` are about; absent: the view is about now. */
  readonly timeColumn?: string;
};

/** The first of these that a view has tells when its row happened. */
const timeColumns = ['at', 'minute', 'hour', 'day', 'cohort', 'said_at', 'from_at', 'joined_at', 'opened_at', 'parked_at'];
const kinds: Readonly<Record<string, ColumnKind>> = {
  bigint: 'integer', integer: 'integer', smallint: 'integer', numeric: 'number', 'double precision': 'number', boolean: 'boolean', date: 'date',
  'timestamp with time zone': 'instant', uuid: 'text', text: 'text', name: 'text',
};

/** Texts and names beside facts, by dataset: columns of the view of the same name in `analytics_text`, and what joins the two. */
export const textColumns: Readonly<Record<string, { readonly key: readonly string[]; readonly columns: readonly string[] }>> = {
  messages: { key: ['room_id', 'n', 'month'], columns: ['text'] },
  rooms: { key: ['room_id'], columns: ['name', 'topic'] },
  people: { key: ['user_id'], columns: ['name'] },
};

/** Everything that can be exported, as the database describes it; with the columns of texts where they are asked for. */
export async function readDatasets(sql: Sql, withText: boolean): Promise<Map<string, Dataset>> {
  const rows = await sql<{ schema: string; view: string; comment: string; columns: { name: string; type: string; comment: string | null }[] }[]>`
    select s.nspname as schema, c.relname as view, coalesce(obj_description(c.oid, 'pg_class'), '') as comment, (
      select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'comment', col_description(c.oid, a.attnum)) order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
    from pg_class c join pg_namespace s on s.oid = c.relnamespace
    where s.nspname in ('analytics', 'analytics_text') and c.relkind = 'v' order by c.relname`;
  const columnsOf = (row: (typeof rows)[number]): Column[] => row.columns.map(({ name, type, comment }) => ({ name, type, comment: comment ?? '', kind: kinds[type] ?? (type.endsWith('[]') ? 'json' : 'text') }));
  const datasets = new Map<string, Dataset>();
  for (const row of rows.filter(({ schema }) => schema === 'analytics')) {
    const columns = columnsOf(row);
    const timeColumn = timeColumns.find((name) => columns.some((column) => column.name === name));
    const wanted = withText ? textColumns[row.view]?.columns : undefined;
    const texts = rows.find(({ schema, view }) => schema === 'analytics_text' && view === row.view);
    datasets.set(row.view, {
      name: row.view, comment: row.comment, columns: [...columns, ...(wanted && texts ? columnsOf(texts).filter(({ name }) => wanted.includes(name)) : [])],
      ...(timeColumn !== undefined && { timeColumn }),
    });
  }
  return datasets;
}

export type Limits = { readonly room?: string; readonly since?: string; readonly until?: string };

/** The statement that reads a dataset, with its parameters. Instants and the like come as text that reads the same everywhere. */
export function statementOf({ name, columns, timeColumn }: Dataset, { room, since, until }: Limits, withText: boolean): { readonly text: string; readonly parameters: string[] } {
  const parameters: string[] = [];
  const parameter = (value: string): string => `$${parameters.push(value)}`;
  const texts = withText ? textColumns[name] : undefined;
  const expressions = columns.map(({ name: column, kind }) => {
    const source = `${texts?.columns.includes(column) ? 't' : 'v'}."${column}"`;
    if (kind === 'instant') return `${source} as "${column}"`;
    if (kind === 'json') return `to_json(${source}) as "${column}"`;
    if (kind === 'number') return `${source}::float8 as "${column}"`;
    return kind === 'text' || kind === 'date' ? `${source}::text as "${column}"` : `${source} as "${column}"`;
  });
  const has = (column: string): boolean => columns.some((one) => one.name === column);
  const conditions = [
    ...(room !== undefined && has('room_id') ? [`v.room_id = ${parameter(room)}`] : []),
    ...(since !== undefined && timeColumn ? [`v."${timeColumn}" >= ${parameter(since)}::timestamptz`] : []),
    // Whole months that lie outside are not read at all.
    ...(since !== undefined && has('month') ? [`v.month >= date_trunc('month', ${parameter(since)}::timestamptz at time zone 'UTC')::date`] : []),
    ...(until !== undefined && timeColumn ? [`v."${timeColumn}" < ${parameter(until)}::timestamptz`] : []),
  ];
  const from = `analytics."${name}" v${texts ? ` left join analytics_text."${name}" t on ${texts.key.map((key) => `t."${key}" = v."${key}"`).join(' and ')}` : ''}`;
  const order = has('room_id') && has('n') ? ['room_id', 'n'] : columns.slice(0, 3).map((column) => column.name);
  const text = `select ${expressions.join(', ')} from ${from}${conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''} order by ${order.map((column) => `v."${column}"`).join(', ')}`;
  return { text, parameters };
}
