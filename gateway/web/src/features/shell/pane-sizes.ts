import { create } from 'zustand';
import { isRecord, readStored, writeStored } from '../../lib/storage.ts';

export type Edge = 'sidebar' | 'pane';
export type PaneSizes = Readonly<Record<Edge, number>>;

/** How wide the list of rooms and the right pane may be, in CSS pixels; the conversation keeps at least 480. */
export const edgeLimits: Readonly<Record<Edge, { readonly min: number; readonly max: number; readonly usual: number }>> = {
  sidebar: { min: 200, max: 360, usual: 264 },
  pane: { min: 320, max: 560, usual: 400 },
};

const key = 'parley.layout';

/** A width within an edge's limits, whole; the usual one for what is no number. */
export function allowedWidth(edge: Edge, px: unknown): number {
  const { min, max, usual } = edgeLimits[edge];
  return typeof px === 'number' && Number.isFinite(px) ? Math.round(Math.max(min, Math.min(max, px))) : usual;
}

function stored(): PaneSizes {
  const saved = readStored(key);
  const sizes = isRecord(saved) ? saved : {};
  return { sidebar: allowedWidth('sidebar', sizes['sidebar']), pane: allowedWidth('pane', sizes['pane']) };
}

/** Widths that the person dragged, kept on this device. */
export const usePaneSizes = create<PaneSizes>(stored);

export const resize = (edge: Edge, px: number): void => usePaneSizes.setState({ [edge]: allowedWidth(edge, px) });
export const keepSizes = (): void => writeStored(key, usePaneSizes.getState());
