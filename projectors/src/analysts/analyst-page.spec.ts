import type { Sql } from '@parley/kernel/stores/postgres';

/** What a page of questions is made of: text, and blocks of SQL with the table of their answer. */
export type Part = { readonly text: string } | { readonly sql: string; readonly question: string };

/** Cuts a page at its blocks of SQL; tables after them are their answers and are left out. */
export function partsOf(page: string): Part[] {
  const parts: Part[] = [];
  let heading = '';
  for (const piece of page.split(/^(```sql\n[\s\S]*?^```\n)(?:\n(?:\|.*\n)+)?/m)) {
    if (piece.startsWith('```sql\n')) parts.push({ sql: piece.slice('```sql\n'.length, -'```\n'.length), question: heading });
    else {
      parts.push({ text: piece });
      heading = [...piece.matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? heading;
    }
  }
  return parts;
}

/** A table of an answer, every value as PostgreSQL writes it. */
export async function answerTable(sql: Sql, query: string): Promise<string> {
  const rows = await sql.unsafe(query).raw();
  const names = rows.columns.map(({ name }) => name);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const body = (rows as unknown as (Buffer | null)[][]).map((row) => line(row.map((cell) => cell?.toString('utf8') ?? '')));
  return line(names) + line(names.map(() => '---')) + body.join('');
}
