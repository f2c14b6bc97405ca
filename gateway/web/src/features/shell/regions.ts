/** Parts of the page in the order of the screen, and what takes the focus in each. */
const regions = [
  ['.sidebar', '.room-link[aria-current], .room-link, button'],
  ['.room-header', 'button'],
  ['.timeline-scroll', 'article[tabindex="0"], .timeline-scroll'],
  ['.composer', 'textarea'],
  ['.side-pane', 'input, h2'],
] as const;

/** Moves the focus to the next part of the page, or the one before; round the ends. Answers whether there was one to go to. */
export function focusRegion(step: 1 | -1): boolean {
  const present = regions.flatMap(([selector, inner]) => {
    const region = document.querySelector<HTMLElement>(selector);
    return region && region.getClientRects().length > 0 ? [{ region, inner }] : [];
  });
  if (present.length === 0) return false;
  const here = present.findIndex(({ region }) => region.contains(document.activeElement));
  const from = here < 0 ? (step === 1 ? -1 : present.length) : here;
  const next = present[(from + step + present.length) % present.length];
  const target = next?.inner.split(', ').map((selector) => next.region.querySelector<HTMLElement>(selector)).find((element) => element !== null) ?? next?.region;
  target?.focus();
  return target !== undefined;
}
