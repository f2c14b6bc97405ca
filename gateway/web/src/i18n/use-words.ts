import { en, type Catalogue } from './en.ts';
import { ko } from './ko.ts';
import { useSettings, type Language } from './settings.ts';

const catalogues: Readonly<Record<Language, Catalogue>> = { en, ko };

/** The words of the chosen language. */
export const useWords = (): Catalogue => catalogues[useSettings((settings) => settings.language)];
export const useLocale = (): Language => useSettings((settings) => settings.language);
/** For code that is no component. */
export const currentWords = (): Catalogue => catalogues[useSettings.getState().language];
