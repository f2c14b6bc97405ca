import { create } from 'zustand';
import { isRecord, readStored, writeStored } from '../lib/storage.ts';

export type Language = 'en' | 'ko';
export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
export type Settings = { readonly language: Language; readonly theme: Theme; readonly density: Density; readonly singleKeys: boolean; /** The last rows stay in the document, for screen readers that read it as a text. */ readonly readingList: boolean };

const key = 'parley.settings';
const oneOf = <T extends string>(value: unknown, options: readonly T[], fallback: T): T => options.find((option) => option === value) ?? fallback;

function initial(): Settings {
  const stored = readStored(key);
  const saved = isRecord(stored) ? stored : {};
  const spoken: Language = typeof navigator !== 'undefined' && navigator.languages.some((one) => one.startsWith('ko')) ? 'ko' : 'en';
  return {
    language: oneOf(saved['language'], ['en', 'ko'], spoken),
    theme: oneOf(saved['theme'], ['system', 'light', 'dark'], 'system'),
    density: oneOf(saved['density'], ['comfortable', 'compact'], 'comfortable'),
    singleKeys: saved['singleKeys'] !== false,
    readingList: saved['readingList'] === true,
  };
}

/** What a person chose for this browser. */
export const useSettings = create<Settings>(initial);

function apply({ language, theme, density }: Settings): void {
  const root = document.documentElement;
  root.lang = language;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  if (density === 'compact') root.dataset['density'] = 'compact';
  else delete root.dataset['density'];
}

export function changeSettings(change: Partial<Settings>): void {
  useSettings.setState(change);
  writeStored(key, useSettings.getState());
}

/** Puts the settings on the document now and whenever they change. */
export function keepSettingsApplied(): void {
  apply(useSettings.getState());
  useSettings.subscribe(apply);
}
