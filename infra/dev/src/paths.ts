import { fileURLToPath } from 'node:url';

/** The project's root folder; the same from `src` and from `dist`. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
