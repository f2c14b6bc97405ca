import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { type Edge, edgeLimits, keepSizes, resize, usePaneSizes } from './pane-sizes.ts';

const stepPx = 16;
const bigStepPx = 64;

/**
 * The edge between two panes, by the ARIA pattern of a window splitter: dragged, or moved by arrows (Shift: further),
 * Home and End; a double click or Enter gives the usual width back. It is only there where panes stand side by side.
 */
export function Splitter({ edge, label }: { readonly edge: Edge; readonly label: string }) {
  const width = usePaneSizes((sizes) => sizes[edge]);
  const drag = useRef<{ readonly x: number; readonly width: number }>(undefined);
  const { min, max, usual } = edgeLimits[edge];
  // The right pane grows to the left.
  const direction = edge === 'sidebar' ? 1 : -1;
  const set = (px: number): void => {
    resize(edge, px);
    keepSizes();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = (event.shiftKey ? bigStepPx : stepPx) * direction;
    const next: Readonly<Record<string, number | undefined>> = { ArrowRight: width + step, ArrowLeft: width - step, Home: min, End: max, Enter: usual };
    const px = next[event.key];
    if (px === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    set(px);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    // A narrow window shows less than was asked for; a drag begins at what is seen.
    drag.current = { x: event.clientX, width: event.currentTarget.parentElement?.getBoundingClientRect().width ?? width };
  };
  const end = (): void => {
    if (drag.current) keepSizes();
    drag.current = undefined;
  };
  return (
    <div
      className={`splitter ${edge}-edge`} role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={width} aria-valuemin={min} aria-valuemax={max} tabIndex={0}
      onKeyDown={onKeyDown} onPointerDown={onPointerDown} onPointerUp={end} onLostPointerCapture={end} onDoubleClick={() => set(usual)}
      onPointerMove={(event) => drag.current && resize(edge, drag.current.width + (event.clientX - drag.current.x) * direction)}
    />
  );
}
