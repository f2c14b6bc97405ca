/** 4000–4399: come back and resume. 4400 and above: coming back the same way cannot help. 1012 is RFC 6455's service restart. */
export const closeCodes = {
  goAway: 1012,
  insufficientState: 4010,
  slowReader: 4008,
  heartbeatMissed: 4009,
  overloaded: 4013,
  malformed: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  helloTimeout: 4408,
  tooLarge: 4413,
  rateLimited: 4429,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
/** Whether a client should reconnect by itself after this code. */
export const mayReconnect = (code: number): boolean => code < 4400 || code === closeCodes.rateLimited || code === closeCodes.helloTimeout;
