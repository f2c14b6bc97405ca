/** A room of this workspace, or a message in it, as an address of the page names it. */
export type OwnPlace = { readonly roomId: string; readonly ordinal: number | undefined };

const path = /^\/rooms\/([0-9A-Za-z-]{1,64})(?:\/([1-9]\d{0,14}))?\/?$/u;

/** Where a link leads when it leads to this very page (`origin`); undefined for every other link. */
export function ownPlace(href: string, origin: string): OwnPlace | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  const match = url.origin === origin && url.search === '' && url.hash === '' ? path.exec(url.pathname) : null;
  return match?.[1] === undefined ? undefined : { roomId: match[1], ordinal: match[2] === undefined ? undefined : Number(match[2]) };
}
