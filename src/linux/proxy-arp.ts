/**
 * Owns proxy ARP of interfaces, in the namespace this thread is in.
 *
 *   struct netconfmsg { u8 family; }     an interface's settings, those of `all` under the index -1
 *
 * Source: linux/netconf.h; IN_DEV_PROXY_ARP of linux/inetdevice.h: set for `all` or for the interface.
 */
import { writeFileSync } from 'node:fs';
import { AF_INET } from './ip-address.ts';
import { decodeAttributes } from './netlink-message.ts';
import { RouteMessage, requestDump } from './rtnetlink.ts';

const NETCONFMSG_BYTES = 4;
const NETCONFA_IFINDEX = 1;
const NETCONFA_PROXY_NEIGH = 5;
const ALL = -1;

/** Indexes of the interfaces with net.ipv4.conf.NAME.proxy_arp; `all` when it is on for all. Throws LinuxError. */
export function proxyArpLinks(): ReadonlySet<number> | 'all' {
  const body = Buffer.alloc(NETCONFMSG_BYTES);
  body.writeUInt8(AF_INET, 0);
  const found = requestDump(
    { type: RouteMessage.getNetconf, body, call: 'proxyArpLinks', args: [] },
    RouteMessage.newNetconf,
    (payload) => {
      const attributes = decodeAttributes(payload, NETCONFMSG_BYTES);
      const isOn = attributes.get(NETCONFA_PROXY_NEIGH)?.readInt32LE(0) === 1;
      return isOn ? attributes.get(NETCONFA_IFINDEX)?.readInt32LE(0) : undefined;
    },
  );
  return found.includes(ALL) ? 'all' : new Set(found);
}

/** Sets net.ipv4.conf.NAME.proxy_arp. Throws the error of the file: ENOENT without the link. */
export function setProxyArpOfLink(name: string, isOn: boolean): void {
  writeFileSync(`/proc/sys/net/ipv4/conf/${name}/proxy_arp`, isOn ? '1' : '0');
}
