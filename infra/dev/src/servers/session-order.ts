import { backgroundNice, standBack } from '@parley/kernel/lifecycle/stand-back';
import { openPostgres } from '@parley/kernel/stores/postgres';
import { pause } from '../until.ts';
import { joinIdleGroup, removeIdleGroup } from './idle-group.ts';

/** Sessions are looked for this often: a question that hurts is felt for no longer. */
const lookEveryMs = 250;
const analystNice = 19;

type Session = { readonly pid: number; readonly begun: string; readonly analyst: boolean };

/**
 * Keeps the sessions of a PostgreSQL server on this machine in order of who waits for them: what the chat asks first,
 * then projectors and the server's own housekeeping, then analysts. The server has no such order itself: to the
 * kernel every session is a process like any other (ADR 18). Ends when disposed; does nothing where it may not.
 */
export function keepSessionOrder(url: string): AsyncDisposable {
  const sql = openPostgres(url, { max: 1, name: 'parley-session-order' });
  const ended = new AbortController();
  /** Resolves to the sessions that are in their places now. */
  const look = async (placed: ReadonlySet<string>): Promise<Set<string>> => {
    const sessions = await sql<Session[]>`
      with analyst as (
        select m.member from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.inherit_option and g.rolname in ('parley_analyst', 'parley_analyst_text')
      )
      select distinct a.pid, a.backend_start::text as begun, n.member is not null as analyst
      from pg_stat_activity a left join analyst n on n.member = a.usesysid
      where n.member is not null or a.application_name ~ '^parley-(projectors|search-indexer)-' or a.backend_type = 'autovacuum worker'
      order by analyst desc`;
    for (const { pid, begun, analyst } of sessions) {
      if (placed.has(`${pid} ${begun}`)) continue;
      await standBack(analyst ? analystNice : backgroundNice, pid);
      if (analyst) joinIdleGroup(pid);
    }
    return new Set(sessions.map(({ pid, begun }) => `${pid} ${begun}`));
  };
  const looking = (async () => {
    let placed = new Set<string>();
    while (!ended.signal.aborted) {
      // A server that is away has no sessions; those of the next are new.
      placed = await look(placed).catch(() => new Set<string>());
      await pause(lookEveryMs, ended.signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await sql.end({ timeout: 0 });
      await looking;
      removeIdleGroup();
    },
  };
}
