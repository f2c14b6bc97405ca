import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/**
 * Whether a page of this origin may connect: one of ours, or the very host that was asked. Programs send no Origin and
 * carry a token that a page of somebody else's cannot have.
 */
export function isTrustedOrigin(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** The peer's address; behind proxies we trust, the nearest address they were asked from that is no proxy of ours. */
export function remoteAddress(request: IncomingMessage, trustProxy: string | undefined): string {
  let address = plain(request.socket.remoteAddress ?? '');
  if (trustProxy === undefined) return address;
  const proxies = proxyList(trustProxy);
  const hops = String(request.headers['x-forwarded-for'] ?? '').split(',').map((hop) => plain(hop.trim())).reverse();
  for (const hop of hops) {
    if (!contains(proxies, address) || isIP(hop) === 0) return address;
    address = hop;
  }
  return address;
}

/** Whether a text names addresses or networks, as `remoteAddress` takes them. */
export function isProxyList(text: string): boolean {
  try {
    proxyList(text);
    return true;
  } catch {
    return false;
  }
}

const lists = new Map<string, BlockList>();

function proxyList(text: string): BlockList {
  const known = lists.get(text);
  if (known) return known;
  const list = new BlockList();
  for (const part of text.split(',').map((each) => each.trim()).filter(Boolean)) {
    const [, net = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  lists.set(text, list);
  return list;
}

const contains = (list: BlockList, address: string): boolean => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address);
