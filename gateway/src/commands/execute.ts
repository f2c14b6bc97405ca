import type { Caller } from '@parley/contracts/envelope/caller';
import { commandDeadlineMs, commandIdAheadMsMax } from '@parley/contracts/envelope/limits';
import { CommandId, timestampOf } from '@parley/contracts/ids';
import { type Problem, problem } from '@parley/contracts/problems/codes';
import { cursorAt, encodeCursor } from '@parley/contracts/realtime/cursor';
import { aggregateOf, type Command, parseCommand } from '@parley/contracts/registry/commands';
import { streamNames } from '@parley/contracts/wire/partition';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { directRoomIdOf } from '@parley/kernel/ids/direct-room-id';
import type { CommandSender } from '@parley/kernel/routing/send-command';
import { withSpan } from '@parley/kernel/telemetry/trace';
import type { GatewayMetrics } from '../telemetry.ts';
import type { LogEpochs } from './log-epochs.ts';

/** What a client is told of a command that is in the log; the fields of an `ack` frame and of a REST answer. */
export type CommandAnswer = {
  readonly id: string;
  readonly n: number;
  readonly events: number;
  readonly seq: number;
  readonly at: string;
  readonly cursor: string;
  readonly roomId?: string;
  readonly repeated?: true;
};
export type Executed = { readonly ok: true; readonly answer: CommandAnswer } | { readonly ok: false; readonly problem: Problem };

export type Execution = { readonly id: unknown; readonly command: unknown; readonly caller: Caller; readonly traceparent?: string | undefined };
export type Execute = (execution: Execution) => Promise<Executed>;

const refused = (of: Problem): Executed => ({ ok: false, problem: of });

/** Sends clients' commands to whom they concern, from whichever door they came. Never throws. */
export function createExecute(options: { readonly ws: string; readonly sender: CommandSender; readonly epochs: LogEpochs; readonly metrics: GatewayMetrics; /** Why nothing can be sent now, or undefined. */ readonly linkTrouble?: () => string | undefined }): Execute {
  const { ws, sender, epochs, metrics, linkTrouble } = options;
  return async ({ id, command, caller, traceparent }) => {
    const startedMs = performance.now();
    const checked = check(id, command, caller, ws);
    if ('problem' in checked) return refused(checked.problem);
    const { command: parsed } = checked;
    // Nothing was sent, so nothing is unknown: better told now than after ten seconds.
    const trouble = linkTrouble?.();
    if (trouble !== undefined) {
      metrics.command(parsed.type, 'unavailable', performance.now() - startedMs);
      return refused(problem('unavailable', { detail: `${trouble}; nothing was sent.`, retryAfterMs: 1_000 }));
    }
    const aggregate = aggregateOf(parsed, caller.userId);
    const reply = await withSpan('gateway.command', { parent: traceparent, attributes: { 'parley.command': parsed.type } }, () =>
      sender.send({ id: checked.id, command: parsed, caller, deadline: Date.now() + commandDeadlineMs }, aggregate),
    );
    metrics.command(parsed.type, reply.ok ? 'ok' : reply.problem.code, performance.now() - startedMs);
    return answerOf(checked.id, parsed, reply, epochs);
  };
}

type Checked = { readonly id: CommandId; readonly command: Command } | { readonly problem: Problem };

function check(id: unknown, command: unknown, caller: Caller, ws: string): Checked {
  const commandId = CommandId.safeParse(id);
  if (!commandId.success) return { problem: problem('invalid', { errors: [{ path: 'id', message: 'must be a lower-case UUIDv7, made anew for each command and kept for its repetitions' }] }) };
  const aheadMs = timestampOf(commandId.data) - Date.now();
  if (aheadMs > commandIdAheadMsMax) return { problem: problem('id-in-future', { detail: `The server’s clock says ${new Date().toISOString()}.` }) };
  const parsed = parseCommand(command, true);
  if ('errors' in parsed) return { problem: problem('invalid', { errors: parsed.errors }) };
  if (parsed.command.type !== 'create-direct-room') return { id: commandId.data, command: parsed.command };
  const other = parsed.command.with;
  if (other === caller.userId) return { problem: problem('self-direct') };
  return { id: commandId.data, command: { ...parsed.command, roomId: directRoomIdOf(ws, caller.userId, other) } as Command };
}

async function answerOf(id: string, command: Command, reply: CommandReply, epochs: LogEpochs): Promise<Executed> {
  if (!reply.ok) return refused(reply.problem);
  const { n, events, position, at, repeated } = reply;
  const epoch = await epochs.combined(position);
  const cursor = encodeCursor(cursorAt(epoch, streamNames.indexOf(position.stream), position.seq));
  const roomId = command.type === 'create-direct-room' ? command.roomId : undefined;
  return { ok: true, answer: { id, n, events, seq: position.seq, at, cursor, ...(roomId !== undefined && { roomId }), ...(repeated && { repeated }) } };
}
