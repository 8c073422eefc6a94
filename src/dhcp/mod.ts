/** The DHCP client of an interface, and the way of its leases into this process. Other folders import this file only. */
export { DhcpClient } from './dhcp-client.ts';
export {
  type DhcpEvent,
  isDhcpEvent,
  type Lease,
  readDhcpEnvironment,
  readDhcpEvent,
  runDhcpEvent,
} from './dhcp-lease.ts';
