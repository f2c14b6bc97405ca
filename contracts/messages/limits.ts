export const messageTextCharsMax = 8_000;
export const emojiCharsMax = 32;
export const importLinesMax = 100;
export const mentionsMax = 50;
/** A page of history. */
export const historyPageMax = 100;
