import type { Problem } from '@parley/contracts/problems/codes';
import type { ClientCommand } from './commands.ts';

/** One command on its way. */
export type OutboxEntry = {
  /** Stays the same for the life of the entry, also when it must go under a new id: the key of a row on a page. */
  readonly key: string;
  /** Command id; for `post-message` also the message's id. */
  readonly id: string;
  readonly command: ClientCommand;
  /** Milliseconds since 1970 by the server's clock. */
  readonly createdAtMs: number;
  /** `acked`: in the log, its frame has not come yet. `failed`: refused for good, see `problem`. */
  readonly state: 'queued' | 'sent' | 'acked' | 'failed';
  /** Times it was sent. */
  readonly attempts: number;
  readonly ack?: Ack;
  /** Why it failed, or why it is being repeated. */
  readonly problem?: Problem;
};

/** The answer to a command: `n` its first event (the aggregate's last one where nothing had to happen), `cursor` for `after=`. */
export type Ack = {
  readonly id: string;
  readonly n: number;
  readonly events: number;
  readonly seq: number;
  readonly at: string;
  readonly cursor: string;
  readonly roomId?: string;
  readonly repeated?: true;
};

export type OutboxRecord = Pick<OutboxEntry, 'key' | 'id' | 'command' | 'createdAtMs'> & { readonly problem?: Problem };

/** Where commands wait over a reload. `load` answers in any order; failures of the store never stop the sending. */
export type OutboxStore = {
  load(): Promise<readonly OutboxRecord[]>;
  put(record: OutboxRecord): Promise<void>;
  /** By `key`. */
  delete(key: string): Promise<void>;
};
