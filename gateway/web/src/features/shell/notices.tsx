import { Check, CircleAlert, X } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { troubleText } from '../../sync/trouble.ts';
import { IconButton } from '../../ui/button.tsx';
import { dropNotice, useUi } from './ui-state.ts';

/** What just happened or was refused. A manual popover, so that it stands above an open dialog too. */
export function Notices() {
  const words = useWords();
  const notices = useUi((state) => state.notices);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const layer = element.current;
    if (!layer || notices.length === 0) return undefined;
    layer.showPopover();
    return () => layer.hidePopover();
  }, [notices]);
  return (
    <div ref={element} popover="manual" className="notices" role="status">
      {notices.map(({ id, text, trouble }) => (
        <div key={id} className={trouble ? 'notice bad' : 'notice'}>
          {trouble ? <CircleAlert size={16} /> : <Check size={16} />}
          <div>
            {trouble ? troubleText(trouble, words) : text}
            {trouble && <small>{words.error.code(trouble.code)}</small>}
          </div>
          <IconButton label={words.dialog.close} onClick={() => dropNotice(id)}><X size={16} /></IconButton>
        </div>
      ))}
    </div>
  );
}
