/**
 * The only interface to the kernel: system calls through node:ffi, rtnetlink, kernel modules, sysfs and procfs.
 *
 * Other folders import this file only. Calls are synchronous unless they return a promise; failures are
 * `LinuxError`s that name the call, its arguments and the errno.
 */
export {
  addAddress,
  type LinkAddress,
  listAddresses,
  removeAddress,
} from './addresses.ts';
export {
  type BlockGeometry,
  blockGeometry,
  dropBlockCache,
  rereadPartitions,
  trimFileSystem,
} from './block.ts';
export {
  formatCpuList,
  formatCpuMask,
  getThreadAffinity,
  listThreads,
  parseCpuMask,
  setThreadAffinity,
} from './affinity.ts';
export { type ProcessExit, spawnChild } from './children.ts';
export { type ClockState, readClockState } from './clock-state.ts';
export { setClock } from './clock.ts';
export { CodedError, isErrno, LinuxError, reasonOf } from './errors.ts';
export {
  isProgram,
  readInt,
  readLinkName,
  readNames,
  readText,
  writeSysctl,
  writeText,
} from './files.ts';
export { Gate } from './gate.ts';
export { openInetSocket } from './inet-socket.ts';
export {
  type BridgePortFlags,
  removeNeighbor,
  removeStation,
  setBondPrimary,
  setBridgePort,
  setLinkMac,
  setLinkPromiscuous,
  setNeighbor,
  setStation,
} from './link-settings.ts';
export { moveLinkFrom, moveLinkTo, mountSysfsOf } from './link-namespace.ts';
export {
  deleteLink,
  type Link,
  type LinkCounters,
  linkIndex,
  listLinkCounters,
  listLinks,
  setLinkMaster,
  setLinkMtu,
  setLinkUp,
  type Vlan,
} from './links.ts';
export { cpuCount, memInfo, onlineCpus, parseCpuList } from './machine.ts';
export { ModuleLoader, type ModuleOutcome } from './module-loader.ts';
export { MountFlag, mount, readMounts, UnmountFlag, unmount } from './mount.ts';
export { keepTap } from './tap.ts';
export { createNamedNetns, deleteNamedNetns } from './named-netns.ts';
export { NETNS_DIR, netnsIdentity, withNetns } from './netns.ts';
export { proxyArpLinks, setProxyArpOfLink } from './proxy-arp.ts';
export { OwnPauses } from './own-pauses.ts';
export { reboot, setHostname, syncFilesystems } from './power.ts';
export { readFromDisk } from './read-from-disk.ts';
export { type ReapedOrphan, reapOrphans, setChildSubreaper } from './reaper.ts';
export { getRlimit, setRlimit } from './rlimit.ts';
export { NexthopObjects } from './nexthop-objects.ts';
export { AddMode, DONE, REMOVE, RouteBulk, UNKNOWN } from './route-bulk.ts';
export { dumpRoutes } from './route-dump.ts';
export { RouteMonitor, type RouteMonitorListener, type RouteMonitorOptions } from './route-monitor.ts';
export { RouteNotice } from './route-notice.ts';
export { encodeAddition, encodeRemoval, type RouteTemplate } from './route-template.ts';
export {
  deleteRoute,
  type KernelNextHop,
  type KernelRoute,
  ROUTE_PROTOCOL,
  replaceRoute,
} from './routes.ts';
export { receiveFdOverSeqpacket } from './seqpacket.ts';
export { sendWithoutWaiting } from './send.ts';
export { killAllProcesses, killGroup, killProcess } from './signals.ts';
export { TimeSlice } from './time-slice.ts';
export { changeBridge, createVirtualLink, type VirtualLink } from './virtual-links.ts';
export { watchReadable } from './watch-readable.ts';
export {
  openWatchdog,
  WATCHDOG_IOCTL,
  type WatchdogDevice,
  type WatchdogIoctl,
} from './watchdog.ts';
export { writeAttribute } from './write-attribute.ts';
