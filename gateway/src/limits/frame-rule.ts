import type { GatewayConfig } from '../config.ts';
import type { LimitRule } from './limits.ts';

/** Frames and commands of one person, by whichever door. */
export const frameRule = (config: Pick<GatewayConfig, 'FRAMES_PER_SECOND_MAX' | 'FRAMES_BURST_MAX'>): LimitRule => ({
  name: 'frames', perSecond: config.FRAMES_PER_SECOND_MAX, burst: config.FRAMES_BURST_MAX,
});
