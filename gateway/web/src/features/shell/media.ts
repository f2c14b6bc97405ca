import { useCallback, useSyncExternalStore } from 'react';

/** Whether a media query holds now. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback((listener: () => void) => {
    const media = matchMedia(query);
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  }, [query]);
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Under 640 px each of list, conversation and pane is a page of its own. */
export const useNarrow = (): boolean => useMedia('(width < 640px)');
/** Under 1,024 px the list of rooms is a drawer. */
export const useDrawer = (): boolean => useMedia('(640px <= width < 1024px)');
export const coarsePointer = (): boolean => matchMedia('(pointer: coarse)').matches;
