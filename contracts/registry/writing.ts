import type { StoredEvent } from '../envelope/commit.ts';
import { downcastRoomCreated } from '../rooms/upcast.ts';

/**
 * Changes of shape are released in two phases: one release learns to read a version, a later one writes it, and only
 * once no older reader is alive. This table says since which release each newer version can be read.
 */
export const readableSince: Readonly<Record<string, { readonly v: number; readonly release: string }>> = {
  'room.created': { v: 2, release: '0.1.0' },
};

/** Compares `major.minor.patch` releases; negative when `a` is older. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [a, b].map((release) => release.split('-')[0]!.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left![index] ?? 0) - (right![index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The shape to store while `oldestRelease` is the oldest command-service alive. */
export function forOldestReader(event: StoredEvent, oldestRelease: string): StoredEvent {
  const rule = readableSince[event.type];
  if (!rule || event.v !== rule.v || compareReleases(oldestRelease, rule.release) >= 0) return event;
  return downcastRoomCreated(event);
}
