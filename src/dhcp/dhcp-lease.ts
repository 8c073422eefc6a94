/**
 * Passes a DHCP lease from the client program to PID 1.
 *
 * The client (busybox udhcpc) runs a program at each change, with the event as its argument and the lease in its
 * environment. That program is this executable: it writes the lease atomically as a file into a directory that PID 1
 * watches. PID 1 alone changes addresses and routes.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseAddress } from '../config/mod.ts';

/** Names the file to write; when set, this executable handles a DHCP event. */
export const LEASE_FILE_VARIABLE = 'APPLIANCE_DHCP_LEASE_FILE';
const EVENTS = ['deconfig', 'bound', 'renew', 'nak', 'leasefail'] as const;

const MAX_DOMAINS = 6;
const DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/;

/** A route of option 121 (RFC 3442). */
export interface LeaseRoute {
  readonly address: string;
  readonly length: number;
  /** 0.0.0.0: the destinations are on the link. */
  readonly gateway: string;
}

export interface Lease {
  readonly interface: string;
  readonly address: string;
  readonly length: number;
  readonly gateway: string | undefined;
  /** With any of them `gateway` does not count (RFC 3442). */
  readonly routes: readonly LeaseRoute[];
  readonly dns: readonly string[];
  /** Search domains: the search list (option 119), else the domain (option 15). */
  readonly searchDomains: readonly string[];
  /** Addresses of time servers (option 42). */
  readonly ntp: readonly string[];
  readonly server: string;
  /** Milliseconds since the epoch. */
  readonly obtainedAt: number;
  readonly expiresAt: number;
}

export type DhcpEvent =
  | { readonly event: 'deconfig' | 'nak' | 'leasefail'; readonly interface: string; readonly reason: string }
  | { readonly event: 'bound' | 'renew'; readonly interface: string; readonly lease: Lease };

/** Whether this process was started by the DHCP client. */
export function isDhcpEvent(argument: string | undefined, env: NodeJS.ProcessEnv): boolean {
  return env[LEASE_FILE_VARIABLE] !== undefined && (EVENTS as readonly string[]).includes(argument ?? '');
}

/** Reads udhcpc's environment (busybox, networking/udhcp/dhcpc.c). Throws with the reason when a field is invalid. */
export function readDhcpEnvironment(event: string, env: NodeJS.ProcessEnv, now = Date.now()): DhcpEvent {
  const name = env['interface'] ?? '';
  if (event !== 'bound' && event !== 'renew') {
    return { event: event as 'deconfig', interface: name, reason: env['message'] ?? event };
  }
  const list = (text: string | undefined): string[] =>
    (text ?? '').split(/\s+/).filter((item) => parseAddress(item)?.family === 4);
  const address = env['ip'] ?? '';
  if (parseAddress(address)?.family !== 4)
    throw new Error(`expected an IPv4 address from the DHCP server, got "${address}"`);
  const length = Number(env['mask'] ?? '24');
  if (!Number.isInteger(length) || length < 1 || length > 32) {
    throw new Error(`expected a prefix length from the DHCP server (1–32), got "${env['mask']}"`);
  }
  const seconds = Number(env['lease'] ?? '3600');
  return {
    event,
    interface: name,
    lease: {
      interface: name,
      address,
      length,
      gateway: list(env['router'])[0],
      routes: readStaticRoutes(env['staticroutes']),
      dns: list(env['dns']),
      searchDomains: readDomains(env['search'] ?? env['domain']),
      ntp: list(env['ntpsrv']),
      server: env['serverid'] ?? 'unknown',
      obtainedAt: now,
      expiresAt: now + (Number.isFinite(seconds) ? seconds : 3600) * 1000,
    },
  };
}

/** `PREFIX/LENGTH GATEWAY …`, as udhcpc writes them; what is none is left out. */
function readStaticRoutes(text = ''): LeaseRoute[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const routes: LeaseRoute[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [address = '', length = ''] = words[at]!.split('/');
    const gateway = words[at + 1]!;
    const isRoute = parseAddress(address)?.family === 4 && parseAddress(gateway)?.family === 4;
    if (isRoute && /^([0-9]|[12][0-9]|3[0-2])$/.test(length)) {
      routes.push({ address, length: Number(length), gateway });
    }
  }
  return routes;
}

/** At most six, the limit of resolvers; invalid domains are left out, since the list is written to /etc/resolv.conf. */
function readDomains(text: string | undefined): string[] {
  return (text ?? '')
    .split(/\s+/)
    .filter((name) => name.length <= 253 && DOMAIN.test(name))
    .slice(0, MAX_DOMAINS);
}

/** Handles a DHCP event as the only task of this process: writes the file that PID 1 watches. */
export function runDhcpEvent(event: string, env: NodeJS.ProcessEnv): void {
  const path = env[LEASE_FILE_VARIABLE];
  if (path === undefined) throw new Error(`${LEASE_FILE_VARIABLE} is not set`);
  writeFileSync(`${path}.new`, JSON.stringify(readDhcpEnvironment(event, env)));
  renameSync(`${path}.new`, path);
}

/** Reads what `runDhcpEvent` wrote; undefined while the file does not exist. */
export function readDhcpEvent(path: string): DhcpEvent | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DhcpEvent;
  } catch {
    // Not written yet: the rename makes it appear whole.
    return undefined;
  }
}
