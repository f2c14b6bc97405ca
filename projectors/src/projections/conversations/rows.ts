/** Rows of one room and its messages as the fold holds them: what was loaded, what changed. Numbers are event numbers. */

export type RoomRow = {
  room_id: string; kind: string; history: string; name: string | null; topic: string | null; created_by: string; created_at: string;
  archived: boolean; deleted_n: number | null; members: number; n: number; ordinal: number; active_at: string;
};

/** One stay of one person in one room. */
export type StayRow = {
  room_id: string; user_id: string; joined_n: number; joined_ordinal: number; joined_at: string; role: string;
  left_n: number | null; left_ordinal: number | null; left_at: string | null;
};

export type MessageRow = {
  room_id: string; n: number; at_month: string; ordinal: number; message_id: string; seq: number; author: string; at: string;
  sent_at: string | null; state: 'shown' | 'redacted' | 'erased'; text: string | null; revision: number; edited_at: string | null;
  reply_id: string | null; reply_n: number | null; has_link: boolean; mentions: string[]; pinned_n: number | null;
  source_name: string | null; source_line: number | null;
  /** Who took the words away, and when; null while they are there. */
  redacted_by: string | null; redacted_at: string | null;
};

export type EditRow = { room_id: string; message_n: number; n: number; at: string; text: string | null };
export type NoteRow = {
  room_id: string; n: number; seq: number; at: string; type: string; by: string; user_id: string | null; role: string | null; text: string | null; after_ordinal: number;
};
export type ReactionRow = { room_id: string; message_n: number; emoji: string; user_id: string; n: number; since_n: number };
export type ReactionKey = Pick<ReactionRow, 'room_id' | 'message_n' | 'emoji' | 'user_id'>;
export type MentionRow = { user_id: string; room_id: string; message_n: number; author: string };

/** One emoji on one message: how many people, since when. */
export type ReactionGroup = { count: number; sinceN: number };

export type ConversationRows = {
  readonly rooms: Map<string, RoomRow>;
  /** The latest stay of each person touched, by `memberKey`. */
  readonly stays: Map<string, StayRow>;
  /** Stays that ended or changed in this batch, besides the latest ones. */
  readonly changedStays: Set<StayRow>;
  /** By `messageKey`. */
  readonly messages: Map<string, MessageRow>;
  readonly posted: Set<string>;
  readonly changed: Set<string>;
  readonly edits: EditRow[];
  /** Messages whose edits lose their text. */
  readonly redacted: Set<string>;
  readonly groups: Map<string, ReactionGroup>;
  /** Number of the reaction by `reactionKey`, for people touched. */
  readonly reactions: Map<string, number>;
  readonly addedReactions: Map<string, ReactionRow>;
  readonly removedReactions: Map<string, ReactionKey>;
  /** Messages whose mentions are replaced, with the new ones. */
  readonly mentions: Map<string, MentionRow[]>;
  readonly notes: NoteRow[];
  /** When each was deleted. */
  readonly deletedRooms: Map<string, string>;
};

export const memberKey = (roomId: string, userId: string): string => `${roomId} ${userId}`;
export const messageKey = (roomId: string, n: number): string => `${roomId} ${n}`;
export const groupKey = (roomId: string, n: number, emoji: string): string => `${roomId} ${n} ${emoji}`;
export const reactionKey = (roomId: string, n: number, userId: string, emoji: string): string => `${roomId} ${n} ${userId} ${emoji}`;

export function emptyRows(): ConversationRows {
  return {
    rooms: new Map(), stays: new Map(), changedStays: new Set(), messages: new Map(), posted: new Set(), changed: new Set(), edits: [],
    redacted: new Set(), groups: new Map(), reactions: new Map(), addedReactions: new Map(), removedReactions: new Map(), mentions: new Map(),
    notes: [], deletedRooms: new Map(),
  };
}
