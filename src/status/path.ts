/**
 * Owns the way of a packet from the cable to the FIB, interface by interface, as steps that need each other: the first
 * one that is broken is what there is to repair, whatever comes after it. The TAP in Linux, which routing daemons need
 * and packets do not, comes last. Pure.
 *
 * Invariant: a step is `broken` for a reason of its own only; what cannot be known because of an earlier one is
 * `unknown`.
 */
import type { NextHopStatus } from '../dataplane/status.ts';
import type { NicStatus } from '../dpdk/status.ts';
import {
  type FibBackendStatus,
  type FibFailure,
  isFarBehind,
  leftOutWords,
  unresolvedWords,
} from '../fib/status.ts';
import type { InterfaceStatus } from '../interfaces/status.ts';
import { plural } from '../report/mod.ts';
import type { ApplianceStatus } from './appliance-status.ts';

/** In the order in which each needs the one before. */
export const PATH_STEPS = [
  'link',
  'driver',
  'vfio',
  'vpp',
  'interface',
  'address',
  'next-hop',
  'routes',
  'tap',
] as const;

export type PathStepName = (typeof PATH_STEPS)[number];

export type PathStep = { readonly step: PathStepName } & (
  | { readonly state: 'ok' | 'unknown' | 'not-needed'; readonly text: string }
  | {
      /** `waiting`: it is under way, and may mend itself. */
      readonly state: 'broken' | 'waiting';
      readonly code: string;
      /** What is wrong. */
      readonly text: string;
      /** Where to look, or what to do. */
      readonly look: string;
    }
);

export type BrokenStep = Extract<PathStep, { look: string }>;

export interface InterfacePath {
  readonly interface: string;
  readonly dataPlane: 'vpp' | 'kernel';
  /** One for each of `PATH_STEPS`, in that order. */
  readonly steps: readonly PathStep[];
  /** The first broken one, or else the first that is under way. */
  readonly broken?: BrokenStep;
}

/** What one interface's steps are judged by. */
interface Facts {
  readonly status: ApplianceStatus;
  readonly name: string;
  readonly dataPlane: 'vpp' | 'kernel';
  readonly nic: NicStatus | undefined;
  readonly found: InterfaceStatus | undefined;
  /** Those that are reached by it. */
  readonly nextHops: readonly NextHopStatus[];
}

type Judged = PathStep extends infer Step ? (Step extends PathStep ? Omit<Step, 'step'> : never) : never;

const LOG = 'the log of the appliance (show log)';
/** Drivers that hand a NIC to a process. */
const USER_DRIVERS = new Set(['vfio-pci', 'uio_pci_generic', 'igb_uio']);
/** Drivers that share a NIC with DPDK. */
const SHARED_DRIVERS = new Set(['mlx4_core', 'mlx5_core']);

/** The way through each data plane interface that the configuration names, in its order. */
export function assessPaths(status: ApplianceStatus): InterfacePath[] {
  const found = new Map(status.interfaces.map((one) => [one.name, one]));
  const nics = new Map(status.nics.flatMap((nic) => (isForDataPlane(nic.use) ? [[nic.use.name, nic]] : [])));
  const nextHops = Map.groupBy(status.nextHops, ({ reach }) =>
    reach.kind === 'interface' ? reach.interface : undefined,
  );
  const names = new Set([...found.keys(), ...nics.keys()]);
  return [...names]
    .filter((name) => found.get(name)?.state.state !== 'unconfigured' || nics.has(name))
    .map((name) => assessPath(status, name, found.get(name), nics.get(name), nextHops.get(name) ?? []));
}

function assessPath(
  status: ApplianceStatus,
  name: string,
  found: InterfaceStatus | undefined,
  nic: NicStatus | undefined,
  nextHops: readonly NextHopStatus[],
): InterfacePath {
  const isFallback = nic?.use.role === 'fallback' || status.vpp.process.state === 'disabled';
  const dataPlane = found?.dataPlane ?? (isFallback ? 'kernel' : 'vpp');
  const facts: Facts = { status, name, dataPlane, nic, found, nextHops };
  const judged = PATH_STEPS.map((step): PathStep => ({ step, ...JUDGES[step](facts) }));
  const steps = judged.map((step) => (isConsequence(step, judged) ? asUnknown(step) : step));
  const broken = firstTrouble(steps);
  return { interface: name, dataPlane, steps, ...(broken === undefined ? {} : { broken }) };
}

/** The first broken one, or else the first that is under way. */
export function firstTrouble(steps: readonly PathStep[]): BrokenStep | undefined {
  const troubles = steps.filter((step) => 'look' in step);
  return troubles.find(({ state }) => state === 'broken') ?? troubles[0];
}

/** VPP has no interface of a NIC that it does not have. */
function isConsequence({ step, state }: PathStep, all: readonly PathStep[]): boolean {
  if ((step !== 'interface' && step !== 'tap') || state !== 'broken') return false;
  return all.some((one) => (one.step === 'driver' || one.step === 'vfio') && one.state === 'broken');
}

function asUnknown({ step, text }: PathStep): PathStep {
  return { step, state: 'unknown', text };
}

const JUDGES: Readonly<Record<PathStepName, (facts: Facts) => Judged>> = {
  link: judgeLink,
  driver: judgeDriver,
  vfio: judgeVfio,
  vpp: judgeVpp,
  interface: judgeInterface,
  address: judgeAddress,
  'next-hop': judgeNextHop,
  routes: judgeRoutes,
  tap: judgeTap,
};

function judgeLink({ status, name, dataPlane, nic, found }: Facts): Judged {
  if (/^loop\d+$/.test(name)) return notNeeded('a loopback has no cable');
  const isVppKnown = dataPlane === 'kernel' || status.vpp.api.state === 'connected';
  const isPresent = found !== undefined && found.state.state !== 'pending' && hasInterface(found);
  const link = isVppKnown && isPresent ? found.link : (nic?.link ?? 'unknown');
  if (isVppKnown && isPresent && !found.adminUp) return unknown('not known while the interface is shut down');
  const speed = found?.speedMbps ?? nic?.speedMbps;
  switch (link) {
    case 'up':
      return ok(speed === undefined ? 'link up' : `link up, ${speed} Mbit/s`);
    case 'down':
      return broken(
        'no-link',
        `no link${where(nic)}`,
        'the cable, and whether the device at its other end is switched on',
      );
    case 'unknown':
      return unknown(`not known${nic?.driver === undefined ? '' : ` while ${nic.driver} has the NIC`}`);
  }
}

function judgeDriver({ status, name, nic, dataPlane }: Facts): Judged {
  if (nic === undefined) return withoutNic(name, status);
  const { use, driver, pciAddress } = nic;
  switch (use.role) {
    case 'missing':
      return broken(
        'missing',
        use.reason,
        'the list of network cards below, for its PCI address in the configuration',
      );
    case 'refused':
      return isIommuTrouble(use)
        ? ok(`driver ${driver ?? 'none'}`)
        : broken(
            use.code,
            use.reason,
            `[vpp.dpdk.interface.${pciAddress}] in the configuration, and the log`,
          );
    default:
      break;
  }
  if (driver === undefined)
    return broken('no-driver', `no driver has ${pciAddress}`, "the kernel's log (show log kernel)");
  if (dataPlane === 'kernel' || USER_DRIVERS.has(driver) || SHARED_DRIVERS.has(driver)) {
    return ok(`driver ${driver}`);
  }
  return status.vpp.process.state === 'running'
    ? broken('kernel-driver', `${pciAddress} has the driver ${driver}, not vfio-pci`, LOG)
    : waiting(
        'kernel-driver',
        `${pciAddress} still has the driver ${driver}`,
        'VPP takes the NIC when it is started',
      );
}

function judgeVfio({ status, name, nic, dataPlane }: Facts): Judged {
  if (nic === undefined) return withoutNic(name, status);
  const { use, driver, iommuGroup } = nic;
  if (dataPlane === 'kernel') return notNeeded('the kernel forwards');
  if (use.role === 'missing') return unknown('the NIC is not there');
  if (use.role === 'refused' && isIommuTrouble(use)) {
    return iommuGroup === undefined
      ? broken(
          use.code,
          use.reason,
          'VT-d or AMD-Vi in the firmware, and intel_iommu=on on the kernel command line',
        )
      : broken(use.code, use.reason, 'the other devices of its IOMMU group, in the list of network cards');
  }
  if (driver === 'vfio-pci') return ok(iommuGroup === undefined ? 'vfio-pci' : `IOMMU group ${iommuGroup}`);
  if (driver !== undefined && (USER_DRIVERS.has(driver) || SHARED_DRIVERS.has(driver))) {
    return notNeeded(`${driver} works without it`);
  }
  return unknown('the NIC is not bound');
}

function judgeVpp({ status, dataPlane }: Facts): Judged {
  const { process, api } = status.vpp;
  if (process.state === 'disabled') return notNeeded('disabled: the kernel forwards');
  const look = process.state === 'external' ? 'the owner of this VPP' : "VPP's output (show log vpp)";
  switch (process.state) {
    case 'looping':
    case 'backoff':
      return broken(process.state, `VPP does not stay up: ${process.reason}`, look);
    case 'stopped':
      return broken(process.state, `VPP is stopped: ${process.reason}`, LOG);
    case 'stopping':
      return waiting(process.state, `VPP is being stopped: ${process.reason}`, look);
    case 'starting':
      return waiting(process.state, 'VPP is starting', look);
    case 'running':
    case 'external':
      break;
  }
  switch (api.state) {
    case 'connected':
      return ok(dataPlane === 'kernel' ? 'connected, and the kernel forwards' : 'running and connected');
    case 'connecting': {
      const reason = api.reason === undefined ? '' : `: ${api.reason}`;
      return process.state === 'external' && api.attempt > 1
        ? broken(api.state, `no VPP answers${reason}`, look)
        : waiting(api.state, `VPP does not answer yet${reason}`, look);
    }
    case 'idle':
    case 'disconnected':
      return broken(api.state, `not connected to VPP: ${api.reason}`, look);
    case 'incompatible':
      return broken(
        api.state,
        `this VPP speaks another API: ${api.reason}`,
        'the messages that differ, listed under VPP',
      );
  }
}

function judgeInterface({ status, dataPlane, found }: Facts): Judged {
  if (dataPlane === 'vpp' && status.vpp.api.state !== 'connected') return unknown('VPP is not connected');
  if (found === undefined) {
    return unknown('no section [interface] configures it');
  }
  switch (found.state.state) {
    case 'pending':
      return waiting('pending', `not set up yet: ${found.state.reason}`, LOG);
    case 'failed':
      return hasInterface(found)
        ? ok('there')
        : broken(
            'no-interface',
            found.state.reason,
            `the names in the configuration, and what ${planeName(dataPlane)} has`,
          );
    case 'ok':
      if (found.adminUp) return ok('up');
      return ok(found.isSetDownInLinux === true ? 'set down in Linux' : 'shut down by the configuration');
    case 'unconfigured':
      return ok(found.adminUp ? 'up' : 'shut down: no section [interface] configures it');
  }
}

/** Of its pair of linux-cp. */
function judgeTap({ status, dataPlane, found }: Facts): Judged {
  if (dataPlane === 'kernel') return notNeeded('the kernel forwards');
  if (status.vpp.api.state !== 'connected') return unknown('VPP is not connected');
  if (found === undefined || !hasInterface(found)) return unknown('the interface is not set up');
  const { hostInterface } = found;
  if (hostInterface === undefined) return notNeeded('none is wanted (vpp.lcp.enabled)');
  return hostInterface.state === 'paired'
    ? ok(`${hostInterface.name} in ${hostInterface.netns}`)
    : broken(
        'no-tap',
        `no TAP in Linux: ${hostInterface.reason}`,
        '[vpp.lcp] in the configuration, and the plugins of VPP (vppctl show plugins)',
      );
}

function judgeAddress({ status, dataPlane, found }: Facts): Judged {
  if (dataPlane === 'vpp' && status.vpp.api.state !== 'connected') return unknown('VPP is not connected');
  if (found === undefined || !hasInterface(found) || found.state.state === 'pending') {
    return unknown('the interface is not set up');
  }
  if (found.state.state === 'failed') {
    return broken('failed', found.state.reason, `[interface.${found.name}] in the configuration`);
  }
  return found.addresses.length === 0 ? notNeeded('none is configured') : ok(found.addresses.join(', '));
}

function judgeNextHop({ status, dataPlane, found, nextHops: here }: Facts): Judged {
  if (here.length === 0) return notNeeded('no route leaves here by a next hop');
  const shown = here
    .slice(0, 3)
    .map(({ address }) => address)
    .join(', ');
  const unresolved = unresolvedBy(fibOf(status, dataPlane), here);
  if (unresolved !== undefined) {
    return broken(
      'next-hop-unresolved',
      `${unresolved.prefix} waits for its next hop: ${unresolved.reason}`,
      'whether the next hop answers at its address, and [route] in the configuration',
    );
  }
  const isUsable =
    found?.state.state === 'ok' &&
    found.adminUp &&
    (dataPlane === 'kernel' || status.vpp.api.state === 'connected');
  return isUsable && found.link !== 'down'
    ? ok(here.length > 3 ? `${shown} and ${here.length - 3} more` : shown)
    : unknown(`${shown}: the interface is not up`);
}

/** A route that waits for one of these next hops, of those that the FIB names. */
function unresolvedBy(
  fib: FibBackendStatus | undefined,
  nextHops: readonly NextHopStatus[],
): FibFailure | undefined {
  const addresses = new Set(nextHops.map(({ address }) => address));
  return fib?.failures.find(
    ({ code, nextHops: waitsFor }) => code === 'unresolved' && waitsFor.some((one) => addresses.has(one)),
  );
}

function judgeRoutes({ status, dataPlane }: Facts): Judged {
  const fib = fibOf(status, dataPlane);
  if (fib === undefined) return notNeeded('no routes are programmed here');
  const look = `show fib, and ${LOG}`;
  switch (fib.status.state) {
    case 'disabled':
      return notNeeded(fib.status.reason);
    case 'waiting':
      return fib.desired === 0
        ? notNeeded('there are none')
        : waiting('waiting', `waiting: ${fib.status.reason}`, look);
    case 'programming': {
      const progress = `${fib.programmed} of ${plural(fib.desired, 'route')} programmed`;
      return isFarBehind(fib) ? waiting('programming', progress, look) : ok(progress);
    }
    case 'synced':
      if (fib.unresolved > 0)
        return waiting(
          'unresolved',
          `${plural(fib.programmed, 'route')} programmed${unresolvedWords(fib)}`,
          look,
        );
      return ok(`${plural(fib.programmed, 'route')} programmed${leftOutWords(fib)}`);
    case 'degraded': {
      const [first] = fib.failures;
      const example = first === undefined ? '' : `, such as ${first.prefix}: ${first.reason}`;
      return broken('degraded', `${fib.status.reason}${example}`, look);
    }
  }
}

/** The FIB that forwards. */
function fibOf(status: ApplianceStatus, dataPlane: 'vpp' | 'kernel'): FibBackendStatus | undefined {
  return status.fib.find(({ backend }) => backend === dataPlane);
}

/** Whether the data plane has it: of one that failed only then there is an index in VPP, or an MTU in the kernel. */
function hasInterface(found: InterfaceStatus): boolean {
  if (found.state.state === 'ok' || found.state.state === 'unconfigured') return true;
  return found.dataPlane === 'vpp' ? found.swIfIndex !== undefined : found.mtuBytes !== undefined;
}

function isIommuTrouble({ code }: Extract<NicStatus['use'], { role: 'refused' }>): boolean {
  return code === 'no-iommu' || code === 'no-iommu-group' || code === 'group-shared';
}

function isForDataPlane(
  use: NicStatus['use'],
): use is Extract<NicStatus['use'], { role: 'vpp' | 'refused' | 'missing' | 'fallback' }> {
  return use.role !== 'free' && use.role !== 'management';
}

function withoutNic(name: string, { vpp }: ApplianceStatus): Judged {
  if (/^loop\d+$/.test(name)) return notNeeded('a loopback has no NIC');
  return notNeeded(vpp.process.state === 'external' ? 'the owner of VPP has the NIC' : 'no NIC of its own');
}

function where(nic: NicStatus | undefined): string {
  return nic === undefined ? '' : ` at ${nic.pciAddress}`;
}

function planeName(dataPlane: 'vpp' | 'kernel'): string {
  return dataPlane === 'vpp' ? 'VPP' : 'the kernel';
}

const ok = (text: string): Judged => ({ state: 'ok', text });
const unknown = (text: string): Judged => ({ state: 'unknown', text });
const notNeeded = (text: string): Judged => ({ state: 'not-needed', text });
const broken = (code: string, text: string, look: string): Judged => ({ state: 'broken', code, text, look });
const waiting = (code: string, text: string, look: string): Judged => ({
  state: 'waiting',
  code,
  text,
  look,
});
