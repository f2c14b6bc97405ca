import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { IconButton } from './button.tsx';

type DialogProps = { readonly title: string; readonly onClose: () => void; readonly size?: 'narrow' | 'wide'; readonly children: ReactNode; readonly plain?: boolean };

/** The browser's own modal dialog: focus stays inside, Escape closes, and focus goes back where it was. */
export function Dialog({ title, onClose, size, children, plain = false }: DialogProps) {
  const words = useWords();
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    if (!dialog) return undefined;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={element} className={['dialog', size, plain && 'plain'].filter(Boolean).join(' ')} aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div className={plain ? 'visually-hidden' : 'dialog-head'}>
        <h2 id={heading}>{title}</h2>
        {!plain && <IconButton label={words.dialog.close} onClick={onClose}><X size={18} /></IconButton>}
      </div>
      {children}
    </dialog>
  );
}
