import { Lru } from '../../lib/lru.ts';

/** The row at the top when a room was left, and how many pixels of it were above the edge. */
export type PlaceLeft = { readonly ordinal: number; readonly offsetPx: number };

const placesMax = 200;
/** Lasts as long as the page: over a reload one begins at what is new, or at the end. */
const places = new Lru<string, { readonly place: PlaceLeft | undefined }>(placesMax);
const keyOf = (me: string, roomId: string): string => `${me}/${roomId}`;

/** Remembers where a room was left; undefined for its end. */
export const leaveAt = (me: string, roomId: string, place: PlaceLeft | undefined): void => places.set(keyOf(me, roomId), { place });
export const placeLeft = (me: string, roomId: string): PlaceLeft | undefined => places.get(keyOf(me, roomId))?.place;
