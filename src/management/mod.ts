/**
 * The management interface: DHCP, addresses, DNS and time. Other folders import only this file.
 */
export { DnsRelay } from './dns-relay.ts';
export { Management } from './management.ts';
export { TimeService } from './time-service.ts';
