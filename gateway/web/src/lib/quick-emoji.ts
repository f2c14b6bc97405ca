import { readStored, writeStored } from './storage.ts';

const key = 'parley.emoji';
const recentMax = 16;
const usual = ['👍', '❤️', '😂', '🎉', '👀', '🙏', '✅', '🔥'] as const;

/** Emoji used last, newest first, filled up with the usual ones. */
export function recentEmoji(max: number = 8): readonly string[] {
  const stored = readStored(key);
  const recent = Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string').slice(0, recentMax) : [];
  return [...new Set([...recent, ...usual])].slice(0, max);
}

export function rememberEmoji(emoji: string): void {
  writeStored(key, [...new Set([emoji, ...recentEmoji(recentMax)])].slice(0, recentMax));
}
