export const roomNameCharsMax = 80;
export const roomTopicCharsMax = 400;
export const roomMembersMax = 10_000;
export const roomInvitationsMax = 1_000;
export const groupMembersAtCreationMax = 50;
export const pinsMax = 100;
/** Receipts are pushed, and typing is shown, only in rooms up to these sizes. */
export const receiptMembersMax = 100;
export const typingMembersMax = 200;
