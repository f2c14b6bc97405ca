import { randomBytes, randomUUID } from 'node:crypto';
import type { AggregateRef, Commit, StoredEvent } from '@parley/contracts/envelope/commit';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { accept, type Decider, refuse } from '@parley/kernel/decider/decider';
import type { AggregateView } from '@parley/kernel/event-store/aggregate';
import { foldCommits } from '@parley/kernel/event-store/fold';
import type { EventLog, StoredCommit } from '@parley/kernel/event-store/event-log';
import { type FaultScript, type FaultyLog, injectFaults } from '@parley/kernel/event-store/inject-faults';
import type { Alarm } from '@parley/kernel/event-store/observer';
import type { PreparedCommand } from '@parley/kernel/event-store/pending';
import { type Aggregates, type AggregatesOptions, createAggregates } from '@parley/kernel/event-store/repository';

export const ws = 'conformance';
export const alice = '01900000-0000-7000-8000-00000000a11c';
export const bob = '01900000-0000-7000-8000-000000000b0b';

/** A room with a counter: enough rules to see provisional state, refusals, no-ops and visibility go wrong. */
export type ToyState = { readonly count: number; readonly members: ReadonlySet<string> };
export type ToyCommand =
  | { readonly do: 'add'; readonly times?: number; readonly pad?: string }
  /** Adds one unless there are `max` already. */
  | { readonly do: 'add-below'; readonly max: number }
  /** Adds one if there are `min` already. */
  | { readonly do: 'add-from'; readonly min: number }
  /** Counts to `to`; nothing to do when that was reached. */
  | { readonly do: 'reach'; readonly to: number }
  | { readonly do: 'admit' | 'remove' | 'say'; readonly userId: string }
  | { readonly do: 'throw' | 'make-unknown' };
type ToyEvent =
  | { readonly type: 'counter.incremented'; readonly data: { readonly value: number; readonly userId: string; readonly pad?: string } }
  | { readonly type: 'room.member-joined' | 'room.member-removed'; readonly data: { readonly userId: string; readonly role?: string } }
  | { readonly type: 'message.redacted'; readonly data: { readonly messageId: string; readonly targetN: number } };

const increments = (from: number, times: number, pad?: string): ToyEvent[] =>
  Array.from({ length: times }, (_, index) => ({ type: 'counter.incremented', data: { value: from + index + 1, userId: alice, ...(pad !== undefined && { pad }) } }));

export const toy: Decider<ToyState, ToyCommand, ToyEvent, 'room-full' | 'forbidden' | 'already-member' | 'not-a-member'> = {
  initial: { count: 0, members: new Set() },
  stateVersion: 1,
  decide({ count, members }, command) {
    switch (command.do) {
      case 'add':
        return accept(...increments(count, command.times ?? 1, command.pad));
      case 'add-below':
        return count < command.max ? accept(...increments(count, 1)) : refuse('room-full');
      case 'add-from':
        return count >= command.min ? accept(...increments(count, 1)) : refuse('forbidden');
      case 'reach':
        return accept(...increments(count, Math.max(0, command.to - count)));
      case 'admit':
        return members.has(command.userId) ? refuse('already-member') : accept({ type: 'room.member-joined', data: { userId: command.userId, role: 'member' } });
      case 'remove':
        return members.has(command.userId) ? accept({ type: 'room.member-removed', data: { userId: command.userId } }) : refuse('not-a-member');
      case 'say':
        return members.has(command.userId) ? accept({ type: 'message.redacted', data: { messageId: command.userId, targetN: 1 } }) : refuse('forbidden');
      case 'throw':
        throw new Error('the decider has a bug');
      case 'make-unknown':
        return accept({ type: 'room.frozen' } as unknown as ToyEvent);
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'counter.incremented':
        return { ...state, count: event.data.value };
      case 'room.member-joined':
        return { ...state, members: new Set([...state.members, event.data.userId]) };
      case 'room.member-removed':
        return { ...state, members: new Set([...state.members].filter((id) => id !== event.data.userId)) };
      case 'message.redacted':
        return state;
    }
  },
};

/** A lower-case UUIDv7 of this instant (milliseconds since 1970). */
export function newId(ms: number = Date.now()): string {
  const time = ms.toString(16).padStart(12, '0');
  const rest = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

export const newRoom = (): AggregateRef => ({ kind: 'room', id: randomUUID() });

export type Ordered = Partial<Omit<PreparedCommand, 'command'>>;
export function prepare(command: ToyCommand, { id = newId(), deadline = Date.now() + 30_000, ...more }: Ordered = {}): PreparedCommand<ToyCommand> {
  return { id, type: command.do, caller: { userId: alice as never, kind: 'user' }, command, seals: [], alone: command.do === 'admit' || command.do === 'remove', deadline, ...more };
}

/** An engine on its own view of a log, with faults, and one aggregate to try it on. */
export type Bench = {
  readonly engine: Aggregates;
  readonly faults: FaultyLog;
  readonly room: AggregateRef;
  readonly alarms: Alarm[];
  /** Sizes in events of the commits that were appended, and how each append ended. */
  readonly appends: { readonly outcome: string; readonly events: number; readonly bytes: number }[];
  readonly send: (command: ToyCommand, more?: Ordered) => Promise<CommandReply>;
  readonly view: () => Promise<AggregateView>;
};

export function bench(log: EventLog, { script = () => undefined, room = newRoom(), ...options }: Partial<AggregatesOptions> & { script?: FaultScript; room?: AggregateRef } = {}): Bench {
  const faults = injectFaults(log, script);
  const alarms: Alarm[] = [];
  const appends: { outcome: string; events: number; bytes: number }[] = [];
  const observer = {
    alarm: (alarm: Alarm) => alarms.push(alarm),
    appended: (_: string, outcome: string, _ms: number, events: number, bytes: number) => appends.push({ outcome, events, bytes }),
  };
  const engine = createAggregates({ log: faults, ws, deciders: { room: toy, reader: toy }, observer, ...options });
  return {
    engine, faults, room, alarms, appends,
    send: (command, more) => engine.execute(room, prepare(command, more)),
    view: () => engine.load(room),
  };
}

export type Audit = {
  readonly commits: readonly (Commit & { readonly seq: number; readonly bytes: number })[];
  readonly events: readonly (StoredEvent & { readonly n: number; readonly seq: number })[];
  readonly state: ToyState;
  /** How many separate runs of events carry this command id. */
  readonly timesOf: (commandId: string) => number;
};

/** Reads the aggregate back past all faults and folds it: throws unless numbers and chain are whole. */
export async function audit(log: EventLog, room: AggregateRef): Promise<Audit> {
  const stored: StoredCommit[] = [];
  for await (const commit of log.read(room, 0)) stored.push(commit);
  const commits: (Commit & { seq: number; bytes: number })[] = [];
  const { confirmed, problem } = await foldCommits(toy, ws, room, stored, { onCommit: (commit, { seq, bytes }) => commits.push({ ...commit, seq, bytes: bytes.length }) });
  if (problem) throw new Error(`${problem.kind} at ${problem.seq}: ${problem.detail}`);
  const events = commits.flatMap(({ events, n, seq }) => events.map((event, index) => ({ ...event, n: n + index, seq })));
  const timesOf = (id: string) => events.filter((event, index) => event.commandId === id && events[index - 1]?.commandId !== id).length;
  return { commits, events, state: confirmed.state as ToyState, timesOf };
}

export const codeOf = (reply: CommandReply): string => (reply.ok ? (reply.repeated ? 'repeated' : 'ok') : reply.problem.code);

/** A fault for the first append, or for each by its index; nothing goes wrong with the others. */
export function onAppends(...faultsByIndex: (ReturnType<FaultScript> | 'fine')[]): FaultScript {
  let index = -1;
  return ({ call }) => {
    if (call !== 'append') return undefined;
    index += 1;
    const fault = faultsByIndex[index];
    return fault === 'fine' ? undefined : fault;
  };
}

export function gate(): { readonly until: Promise<void>; readonly open: () => void } {
  let open: () => void = () => {};
  const until = new Promise<void>((resolve) => { open = resolve; });
  return { until, open };
}

/** What a client does: the same command under the same id until the answer is final. */
export async function persist(send: () => Promise<CommandReply>, withinMs = 60_000): Promise<CommandReply> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const reply = await send();
    if (reply.ok || performance.now() > endMs || ![503, 500, 507].includes(reply.problem.status)) return reply;
    await new Promise<void>((resolve) => { setTimeout(resolve, 20); });
  }
}

/** Waits for a fact, looking at every turn of the event loop. */
export async function waitFor(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise<void>((resolve) => { setImmediate(resolve); });
}
