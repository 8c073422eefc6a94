/**
 * The NIC by which the box is reached: DHCP, addresses, names and time. Other folders import only this file.
 */
export { DnsRelay } from './dns-relay.ts';
export { Management } from './management.ts';
export { TimeService } from './time-service.ts';
