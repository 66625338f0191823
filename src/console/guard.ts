import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is not answered. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the server, as whoever uses it on this machine names it. */
  readonly port: number;
}

const NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Nobody but a page of this server may ask it anything: neither another site in the same browser (origin),
 * nor one whose name was made to lead here (host).
 */
export function refusalOf({ method, headers, port }: Asked): Refusal | undefined {
  const { host, origin } = headers;
  if (!isOwnHost(host, port)) {
    return { status: 421, text: 'this console answers to its own loopback address only' };
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return { status: 403, text: 'the request comes from another site' };
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, text: 'the request comes from another origin' };
  }
  if (method !== 'POST') return undefined;
  if (origin === undefined) return { status: 403, text: 'a command needs an origin' };
  if (headers['content-type'] !== 'application/json') {
    return { status: 415, text: 'a command is JSON' };
  }
  return undefined;
}

/** Whether the header names a server of this machine on this port: no name that was made to lead here. */
export const isOwnHost = (host: string | undefined, port: number): boolean =>
  NAMES.some((name) => host === `${name}:${port}`);

/** The origins of a page that is served on this port, by each name of this machine. */
export const originsOf = (port: number): string[] => NAMES.map((name) => `http://${name}:${port}`);

/**
 * What every answer says: nothing from elsewhere, nothing inline, in no frame, not to be kept. `pushUrl`: what
 * a page may connect to besides, by WebSocket.
 */
export const securityHeaders = (pushUrl?: string): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ["connect-src 'self'", ...(pushUrl === undefined ? [] : [pushUrl])].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
});
