import { useLayoutEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { Sidebar } from '../rooms/sidebar.tsx';

/** The list of rooms as a drawer: a modal dialog at the edge. */
export function DrawerSidebar({ openId, onClose }: { readonly openId: string | undefined; readonly onClose: () => void }) {
  const words = useWords();
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const drawer = element.current;
    if (!drawer) return undefined;
    if (!drawer.open) drawer.showModal();
    return () => drawer.close();
  }, []);
  return (
    <dialog
      ref={element} className="drawer" aria-label={words.nav.rooms}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <Sidebar openId={openId} />
    </dialog>
  );
}
