import type { AggregateKind } from '@parley/contracts/envelope/commit';
import type { Sql } from '@parley/kernel/stores/postgres';
import type { PendingQuery, Row, TransactionSql } from 'postgres';

export type Tx = TransactionSql<{ bigint: number | bigint }>;
/** A statement that was sent and is awaited together with others. */
export type Statement = PendingQuery<Row[]>;

/** One event in its newest shape, its content opened. */
export type OpenedEvent = {
  readonly type: string;
  /** Number of the event in its aggregate. */
  readonly n: number;
  readonly by: string;
  readonly commandId: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Absent: the event has none. Null: it was erased. */
  readonly content?: Readonly<Record<string, unknown>> | null;
};

/** One commit, checked, in its newest shape, its content opened. */
export type OpenedCommit = {
  readonly seq: number;
  readonly kind: AggregateKind;
  readonly id: string;
  /** Number of the first event. */
  readonly n: number;
  readonly at: string;
  readonly prev: string;
  /** SHA-256 (base64url) of the stored bytes. */
  readonly hash: string;
  readonly events: readonly OpenedEvent[];
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string;
};

/** SQL that makes a projection's tables in a schema of their own: it names no schema, and is run with that one as search path. */
export type TableDefinitions = {
  /** Tables and functions. Tables whose rows are changed over and over have their primary key here. */
  readonly tables: string;
  /** Primary keys of tables that mostly grow, and what changing their rows needs: made late when filling from event 1. */
  readonly keys: string;
  /** What readers need besides. */
  readonly indexes: string;
  /** Tables that are read as `rm.<table>`. Columns of a view that is there must be among the table's, with their types. */
  readonly views: readonly string[];
};

/** Saving many rows at once into tables whose late keys may not be there yet. */
export type BulkSave<Rows> = {
  /** Whether these commits touch rows that earlier ones made in tables with late keys: only then are the keys needed. */
  readonly reachesBack: (commits: readonly OpenedCommit[]) => boolean;
  /** Does what `save` does; nothing else uses the transaction meanwhile. */
  readonly save: (tx: Tx, schema: string, rows: Rows) => Promise<void>;
};

/**
 * A projection: rows as a function of each aggregate's log. The runner calls `load`, `fold`, `save` in one
 * transaction for commits of any number of aggregates, each aggregate's in order and without a gap, every commit
 * exactly once. A projection never refuses an event; an error of its own makes the runner set that aggregate aside.
 */
export type Projection<Rows = unknown> = {
  readonly name: string;
  /** Raise it when rows change their meaning: the rows that are there are of the old version until `parley rebuild` made others. */
  readonly version: number;
  readonly tables: TableDefinitions;
  readonly streams: readonly string[];
  /** Commits of other kinds only move the checkpoint. */
  readonly kinds: readonly AggregateKind[];
  /** Work that must be done before the transaction and may be done twice, such as making partitions. `schema` holds the tables. */
  readonly prepare?: (sql: Sql, schema: string, commits: readonly OpenedCommit[]) => Promise<void>;
  /** Called after a failure: what `prepare` remembers of the database may be gone with its last moments, or was never in the copy that took over. */
  readonly forget?: () => void;
  /** Reads what `fold` needs to know of rows that are there. Its statements travel with the checkpoint's. */
  readonly load: (tx: Tx, schema: string, commits: readonly OpenedCommit[]) => Promise<Rows>;
  /** Folds one commit into the rows, in memory; pure but for `rows`. */
  readonly fold: (rows: Rows, commit: OpenedCommit) => void;
  /** Sends one statement per table for what changed; the runner awaits them together. */
  readonly save: (tx: Tx, schema: string, rows: Rows) => readonly Statement[];
  /** How to save many events at once, and while tables are filled from event 1; without, `save` does it. */
  readonly bulk?: BulkSave<Rows>;
  /** Columns per table that hold what people wrote, and say so when it was erased. */
  readonly erasable?: Readonly<Record<string, readonly string[]>>;
  /** What must not wait although the aggregate is parked: taking access away. */
  readonly evenWhenParked?: (tx: Tx, schema: string, commits: readonly OpenedCommit[]) => readonly Statement[];
  /** After the transaction in the rows that are read, best effort, never awaited by it. `live`: the projection keeps up with the log. */
  readonly afterCommit?: (commits: readonly OpenedCommit[], live: boolean) => void;
};

// The runner keeps projections of different rows in one list and never looks into the rows.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyProjection = Projection<any>;
