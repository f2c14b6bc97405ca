import { z } from 'zod';
import { CommandId, RoomId, UserId } from '../ids.ts';

/** `parley.v1` only grows: a client ignores fields and frames it does not know, so a week-old tab keeps working. */
export const subprotocol = 'parley.v1';

/** The first frame of a socket, within 5 s and 4 KB. A `cursor` asks to resume. */
export const HelloFrame = z.object({
  type: z.literal('hello'), token: z.string().max(2_048), cursor: z.string().max(500).optional(), client: z.string().max(100).optional(),
}).meta({ id: 'hello' });
export const CommandFrame = z.object({ type: z.literal('command'), id: CommandId, command: z.looseObject({ type: z.string() }), traceparent: z.string().max(64).optional() }).meta({ id: 'command' });
/** Typing in a room; `n` is the author's last seen number, so that a late signal never outlives the message. */
export const TypingFrame = z.object({ type: z.literal('typing'), roomId: RoomId, n: z.int().min(0) }).meta({ id: 'typing' });
export const PresenceFrame = z.object({ type: z.literal('presence'), state: z.enum(['active', 'idle']) }).meta({ id: 'presence' });
/** Rooms now on screen (at most 4): receipts are pushed for these alone. */
export const OpenFrame = z.object({ type: z.literal('open'), rooms: z.array(RoomId).max(4) }).meta({ id: 'open' });
export const PingFrame = z.object({ type: z.literal('ping'), t: z.number() }).meta({ id: 'ping' });
/** A fresh token of the same person, so that the socket lives on when the one it came with ends. */
export const RenewFrame = z.object({ type: z.literal('renew'), token: z.string().max(2_048) }).meta({ id: 'renew' });
export const ClientFrame = z.discriminatedUnion('type', [CommandFrame, TypingFrame, PresenceFrame, OpenFrame, PingFrame, RenewFrame]);
export type HelloFrame = z.infer<typeof HelloFrame>;
export type ClientFrame = z.infer<typeof ClientFrame>;

const ProblemBody = z.looseObject({ type: z.string(), code: z.string(), title: z.string(), status: z.int(), detail: z.string().optional(), retryAfterMs: z.number().optional() });

export const WelcomeFrame = z.object({
  type: z.literal('welcome'), userId: UserId, serverTime: z.number(), cursor: z.string(), gateway: z.string(),
  /** `resumed`: what was missed follows as commit frames. `fresh`: no cursor was given. `reset`: load pages from the queries, then fold. */
  resume: z.enum(['fresh', 'resumed', 'reset']), reason: z.string().optional(), heartbeatMs: z.number(),
  /** When the token ends, milliseconds since 1970: renew it before, or the connection is closed with 4401. */
  expiresAt: z.number().optional(),
}).meta({ id: 'welcome' });

/** One event as pushed. `content` is opened personal content: null when it was redacted, superseded or erased. */
export const FrameEvent = z.object({
  type: z.string(), v: z.int(), n: z.int(), commandId: z.string(), by: z.string(), data: z.record(z.string(), z.unknown()),
  content: z.record(z.string(), z.unknown()).nullable().optional(),
  /** The key store could not be reached: ask the query side for the text. */
  unavailable: z.literal(true).optional(),
});
export type FrameEvent = z.infer<typeof FrameEvent>;

/** One commit of a room of mine, of my own user or reader aggregate, or of a person I share a room with. */
export const CommitFrame = z.object({
  type: z.literal('commit'), kind: z.enum(['room', 'user', 'reader']), id: z.string(), seq: z.int(), n: z.int(), at: z.string(),
  events: z.array(FrameEvent), cursor: z.string(), traceparent: z.string().optional(),
}).meta({ id: 'commit' });
export type CommitFrame = z.infer<typeof CommitFrame>;

/** I was admitted to a room at event `n`: load it from the queries with `after=cursor`, then fold from n + 1. */
export const EnteredFrame = z.object({ type: z.literal('entered'), roomId: RoomId, n: z.int(), cursor: z.string() }).meta({ id: 'entered' });
export const AckFrame = z.object({
  type: z.literal('ack'), id: z.string(), n: z.int(), events: z.int(), seq: z.int(), at: z.string(), cursor: z.string(),
  roomId: z.string().optional(), repeated: z.literal(true).optional(),
}).meta({ id: 'ack' });
export const ErrorFrame = z.object({ type: z.literal('error'), id: z.string().optional(), problem: ProblemBody }).meta({ id: 'error' });
export const TypingSignal = z.object({ type: z.literal('typing'), roomId: RoomId, userId: UserId, n: z.int() }).meta({ id: 'typing-signal' });
export const PresenceSignal = z.object({ type: z.literal('presence'), users: z.array(z.object({ userId: UserId, state: z.enum(['active', 'idle', 'offline']) })) }).meta({ id: 'presence-signal' });
export const ReceiptSignal = z.object({ type: z.literal('receipt'), roomId: RoomId, userId: UserId, n: z.int() }).meta({ id: 'receipt' });
/** Sent before a planned close: come back elsewhere, after a jittered wait. */
export const GoAwayFrame = z.object({ type: z.literal('goaway'), afterMs: z.number(), reason: z.string() }).meta({ id: 'goaway' });
/** The resume is over: everything up to `cursor` was sent. */
export const LiveFrame = z.object({ type: z.literal('live'), cursor: z.string(), missed: z.int() }).meta({ id: 'live' });
export const PongFrame = z.object({ type: z.literal('pong'), t: z.number(), serverTime: z.number(), cursor: z.string() }).meta({ id: 'pong' });
/** The answer to a renewal: the connection now ends with this token. */
export const RenewedFrame = z.object({ type: z.literal('renewed'), expiresAt: z.number() }).meta({ id: 'renewed' });
export const serverFrames = [
  WelcomeFrame, CommitFrame, EnteredFrame, AckFrame, ErrorFrame, TypingSignal, PresenceSignal, ReceiptSignal, GoAwayFrame, LiveFrame, PongFrame, RenewedFrame,
] as const;
export const ServerFrame = z.discriminatedUnion('type', serverFrames);
export type ServerFrame = z.infer<typeof ServerFrame>;
