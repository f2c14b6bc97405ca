import { type ReactNode, type RefObject, useEffectEvent, useLayoutEffect, useRef } from 'react';

export type Anchor = RefObject<HTMLElement | null> | DOMRect;
export type Placement = 'below-start' | 'below-end' | 'above-start' | 'above-end';

const marginPx = 8;
const gapPx = 4;
const rectOf = (anchor: Anchor): DOMRect | undefined => ('current' in anchor ? anchor.current?.getBoundingClientRect() : anchor);

function place(element: HTMLElement, anchor: DOMRect, placement: Placement): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const wantsAbove = placement.startsWith('above');
  const roomAbove = anchor.top - gapPx - marginPx;
  const roomBelow = innerHeight - anchor.bottom - gapPx - marginPx;
  const above = wantsAbove ? height <= roomAbove || roomAbove >= roomBelow : height > roomBelow && roomAbove > roomBelow;
  const top = above ? anchor.top - gapPx - height : anchor.bottom + gapPx;
  const left = placement.endsWith('start') ? anchor.left : anchor.right - width;
  element.style.top = `${Math.max(marginPx, Math.min(top, innerHeight - height - marginPx))}px`;
  element.style.left = `${Math.max(marginPx, Math.min(left, innerWidth - width - marginPx))}px`;
}

type PopoverProps = {
  readonly anchor: Anchor; readonly onClose: () => void; readonly placement?: Placement; readonly label?: string; readonly role?: string; readonly className?: string; readonly children: ReactNode;
};

/**
 * A light-dismissed layer beside its anchor. The browser's own popover gives the top layer, Escape, dismissal by a click
 * outside and the return of focus; only the placing is ours.
 */
export function Popover({ anchor, onClose, placement = 'below-start', label, role, className, children }: PopoverProps) {
  const element = useRef<HTMLDivElement>(null);
  const close = useEffectEvent(onClose);
  useLayoutEffect(() => {
    const popover = element.current;
    if (!popover) return undefined;
    const back = document.activeElement;
    popover.showPopover();
    const update = (): void => {
      const rect = rectOf(anchor);
      if (rect) place(popover, rect, placement);
    };
    update();
    const sizes = new ResizeObserver(update);
    sizes.observe(popover);
    addEventListener('resize', update);
    const toggled = (event: Event): void => {
      if ((event as ToggleEvent).newState === 'closed') close();
    };
    popover.addEventListener('toggle', toggled);
    return () => {
      popover.removeEventListener('toggle', toggled);
      removeEventListener('resize', update);
      sizes.disconnect();
      const held = popover.contains(document.activeElement);
      if (popover.matches(':popover-open')) popover.hidePopover();
      if (held && back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, [anchor, placement]);
  return (
    <div ref={element} popover="auto" className={['popover', className].filter(Boolean).join(' ')} role={role} aria-label={label}>
      {children}
    </div>
  );
}
