import { open } from 'node:fs/promises';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { Column } from './datasets.ts';

export const formats = ['parquet', 'csv', 'ndjson'] as const;
export type Format = (typeof formats)[number];

/** A row as the database gave it: instants are Dates, integers numbers or bigints, arrays JavaScript's. */
export type ExportRow = Readonly<Record<string, unknown>>;

/** Writes rows to one file, in the order in which they come, in constant memory. `end` finishes the file. */
export type RowWriter = { write(rows: readonly ExportRow[]): Promise<void>; end(): Promise<void> };

export type WriterOptions = { readonly file: string; readonly columns: readonly Column[]; readonly formulaGuard: boolean };

export function openWriter(format: Format, options: WriterOptions): RowWriter {
  if (format === 'parquet') return parquetWriter(options);
  const { columns } = options;
  return format === 'csv'
    ? lineWriter(options.file, columns.map(({ name }) => csvCell(name, false)).join(',') + csvEnd, (row) => columns.map((column) => csvCell(plain(row[column.name]), options.formulaGuard && column.kind === 'text')).join(',') + csvEnd)
    : lineWriter(options.file, '', (row) => `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, plain(row[column.name]) ?? null])))}\n`);
}

const csvEnd = '\r\n';

/** The value as JSON and CSV say it: instants in ISO 8601, integers beyond 2^53 as text. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  return value;
}

/**
 * One field of RFC 4180. An empty field is null; an empty text is `""`. With `guard`, a text that a spreadsheet would
 * take for a formula begins with a quote (OWASP, CSV injection).
 */
export function csvCell(value: unknown, guard: boolean): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const guarded = guard && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return guarded === '' || /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function lineWriter(file: string, head: string, lineOf: (row: ExportRow) => string): RowWriter {
  const opened = open(file, 'w').then(async (handle) => {
    await handle.write(head);
    return handle;
  });
  return {
    async write(rows) {
      await (await opened).write(rows.map(lineOf).join(''));
    },
    async end() {
      await (await opened).close();
    },
  };
}

/** Rows of one row group: large enough to compress and to skip by, small enough to hold. */
const rowsPerGroup = 20_000;

function parquetWriter({ file, columns }: WriterOptions): RowWriter {
  const output = fileWriter(file);
  const writer = new ParquetWriter({ writer: output, schema: [{ name: 'root', num_children: columns.length }, ...columns.map(schemaOf)], createdBy: 'parley' });
  let waiting: ExportRow[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const group = waiting;
    waiting = [];
    await writer.write({ columnData: columns.map((column) => ({ name: column.name, data: group.map((row) => parquetValue(row[column.name], column)) })), rowGroupSize: rowsPerGroup });
  };
  return {
    async write(rows) {
      waiting.push(...rows);
      if (waiting.length >= rowsPerGroup) await flush();
    },
    async end() {
      await flush();
      await writer.finish();
    },
  };
}

/** The older word for it says nothing of zones, and DuckDB takes it for none. */
const instant = { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } } as const;
const elements: Readonly<Record<Column['kind'], Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, integer: { type: 'INT64' }, number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' }, instant, date: { type: 'INT32', converted_type: 'DATE' },
};
const schemaOf = ({ name, kind }: Column): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...elements[kind] });

function parquetValue(value: unknown, { kind }: Column): unknown {
  if (value === null || value === undefined) return undefined;
  if (kind === 'integer') return BigInt(value as number);
  if (kind === 'json') return JSON.stringify(value);
  return kind === 'date' ? new Date(`${value as string}T00:00:00Z`) : value;
}
