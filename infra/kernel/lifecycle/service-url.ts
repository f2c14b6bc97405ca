import { isIPv6 } from 'node:net';

/** The address at which a service that listens on `host` and `port` can be asked (RFC 3986 §3.2.2 puts IPv6 into brackets). */
export const serviceUrl = (host: string, port: number): string => `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
