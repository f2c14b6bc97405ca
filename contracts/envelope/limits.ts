/** Bounds of the log. A frame on a socket is a commit, so these also bound what a reader must be able to take. */
export const commitEventsMax = 128;
export const commitBytesMax = 64 * 1024;
export const commandEventsMax = 100;
export const commandBytesMax = 48 * 1024;
/** A command id may run ahead of the server's clock by this much; more is a broken clock. */
export const commandIdAheadMsMax = 120_000;
/** How many command ids an aggregate remembers, and for how long by log time. */
export const rememberedCommandsMax = 20_000;
export const rememberedCommandsMs = 24 * 60 * 60 * 1_000;
/** Every command is answered within this time. */
export const commandDeadlineMs = 9_000;
