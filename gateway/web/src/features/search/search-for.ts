import { openSearch } from '../shell/ui-state.ts';
import { changeSearch } from './use-search.ts';

/** Opens the search with words that were typed elsewhere. */
export function searchFor(text: string): void {
  changeSearch({ text, filters: [] });
  openSearch();
}
