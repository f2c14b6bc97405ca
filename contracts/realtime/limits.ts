import { commitBytesMax } from '../envelope/limits.ts';

export const firstFrameBytesMax = 4 * 1024;
export const firstFrameMsMax = 5_000;
export const frameBytesMax = commitBytesMax;
export const heartbeatMs = 25_000;
export const heartbeatGraceMs = 10_000;
/** A reader this far behind is closed; it resumes from its cursor. At least 16 of the largest frames, or it could never catch up. */
export const socketQueueBytesMax = 32 * frameBytesMax;
/** A connection outlives its token by this, so that whoever renews it a moment late is not cut off. */
export const tokenGraceMs = 10_000;
export const socketsPerUserMax = 20;
export const socketsPerAddressMax = 2_000;
export const framesPerSecondMax = 50;
export const framesBurstMax = 100;
export const typingEveryMs = 3_000;
export const typingShownMs = 6_000;
/** A resume older than the gateway's memory reads at most this much of the log; beyond it, an explicit reset. */
export const resumeRoomsMax = 20;
export const resumeEventsPerRoomMax = 1_000;
export const queryWaitMsMax = 500;
export const markReadEveryMs = 3_000;
