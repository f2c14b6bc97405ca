import type { RebuildGroup } from './group.ts';
import { rowsGroup } from './rows-group.ts';
import { searchGroup } from './search-group.ts';

/** Everything that can be rebuilt, in the order in which `all` does it. */
export const rebuildGroups: readonly RebuildGroup[] = [rowsGroup, searchGroup];
