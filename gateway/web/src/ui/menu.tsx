import { Fragment, type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { type Anchor, type Placement, Popover } from './popover.tsx';

export type MenuItem = {
  readonly id: string; readonly label: string; readonly icon?: ReactNode; readonly shortcut?: string; readonly danger?: boolean;
  /** A line stands above it. */
  readonly separated?: boolean; readonly onSelect: () => void;
};

type MenuProps = { readonly anchor: Anchor; readonly items: readonly MenuItem[]; readonly onClose: () => void; readonly label: string; readonly placement?: Placement; readonly header?: ReactNode };

const buttonsIn = (list: HTMLElement | null): HTMLElement[] => [...(list?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];

/** A menu by the ARIA pattern: arrows move, Home and End jump, a letter finds, Enter chooses. */
export function Menu({ anchor, items, onClose, label, placement = 'below-end', header }: MenuProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => buttonsIn(list.current)[0]?.focus({ preventScroll: true }), []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const all = buttonsIn(list.current);
    const now = all.indexOf(document.activeElement as HTMLElement);
    const to = (index: number): void => {
      event.preventDefault();
      event.stopPropagation();
      all.at(index % all.length)?.focus();
    };
    if (event.key === 'ArrowDown') to(now + 1);
    else if (event.key === 'ArrowUp') to(now - 1);
    else if (event.key === 'Home') to(0);
    else if (event.key === 'End') to(-1);
    else if (event.key === 'Tab') onClose();
    else if (event.key.length === 1 && event.key !== ' ') {
      const found = [...all.slice(now + 1), ...all.slice(0, now + 1)].find((button) => button.textContent?.trim().toLocaleLowerCase().startsWith(event.key.toLocaleLowerCase()));
      if (found) to(all.indexOf(found));
    }
  };

  return (
    <Popover anchor={anchor} onClose={onClose} placement={placement}>
      {header}
      <div ref={list} className="menu" role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
        {items.map((item) => (
          <Fragment key={item.id}>
            {item.separated && <div className="menu-separator" role="separator" />}
            <button
              type="button" role="menuitem" tabIndex={-1} className={item.danger ? 'menu-item danger' : 'menu-item'}
              onClick={() => {
                onClose();
                // After the layer has gone and focus is back, so that what opens next remembers the right place.
                setTimeout(item.onSelect);
              }}
            >
              {item.icon}
              <span className="grow">{item.label}</span>
              {item.shortcut && <kbd aria-hidden="true">{item.shortcut}</kbd>}
            </button>
          </Fragment>
        ))}
      </div>
    </Popover>
  );
}
