/** The status of the machine's NICs: their properties, their use, and the configuration line that gives each to VPP. */
import { startsVpp } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { iniLineFor, type Inventory, type Nic, takeInventory } from '../dpdk/mod.ts';
import type { NicRole, NicStatus } from '../dpdk/status.ts';
import type { DataPlane } from './data-plane.ts';

/** Maximum age of a reading of the PCI bus, in ms: /status may be requested often. */
const INVENTORY_MS = 1_000;

interface Reading {
  readonly at: number;
  /** Whether the kernel forwarded at that time: a change moves the NICs. */
  readonly isFallback: boolean;
  readonly value: Inventory;
}

/** The context of the NICs' roles. */
export interface NicFacts {
  readonly config: Config;
  readonly dataPlane: DataPlane;
  /** Kernel name of the management interface. */
  readonly managementInterface: string | undefined;
}

export class NicReport {
  readonly #runDir: string;
  #reading: Reading | undefined;

  constructor(runDir: string) {
    this.#runDir = runDir;
  }

  list(facts: NicFacts): NicStatus[] {
    const { nics } = this.#read(facts.dataPlane);
    return [...nics.map((nic) => nicStatus(nic, nics, facts)), ...missingNics(nics, facts)];
  }

  #read(dataPlane: DataPlane): Inventory {
    const now = performance.now();
    const last = this.#reading;
    const forwards = isFallback(dataPlane);
    if (last?.isFallback === forwards && now - last.at <= INVENTORY_MS) return last.value;
    const value = takeInventory({ runDir: this.#runDir, namespaceSysfs: dataPlane.kernel.namespaceSysfs });
    this.#reading = { at: now, isFallback: forwards, value };
    return value;
  }

  /** Kernel name of the first NIC with an interface that is not configured for the data plane, VPP's or the kernel's. */
  freeKernelInterface({ vpp }: Config): string | undefined {
    const isOthers = vpp.enabled && vpp.external;
    const taken = new Set(isOthers ? [] : vpp.dpdk.interfaces.map(({ pciAddress }) => pciAddress));
    return takeInventory({ runDir: this.#runDir }).nics.find(
      (nic) => nic.kernelInterface && nic.kernelName !== undefined && !taken.has(nic.pciAddress),
    )?.kernelName;
  }
}

/** NICs that the configuration gives to VPP and that the PCI bus does not have. */
function missingNics(nics: readonly Nic[], { config, dataPlane }: NicFacts): NicStatus[] {
  if (!startsVpp(config)) return [];
  const present = new Set(nics.map(({ pciAddress }) => pciAddress));
  return config.vpp.dpdk.interfaces
    .filter(({ pciAddress }) => !present.has(pciAddress))
    .map(({ pciAddress, name }) => {
      const reason = dataPlane.vpp.refusals.get(pciAddress)?.reason ?? `no NIC at ${pciAddress}`;
      return {
        pciAddress,
        link: 'unknown',
        groupMembers: [],
        use: { role: 'missing', name, reason },
        iniLine: '',
      };
    });
}

function nicStatus(nic: Nic, nics: readonly Nic[], facts: NicFacts): NicStatus {
  return {
    pciAddress: nic.pciAddress,
    pciId: nic.pciId,
    ...(nic.mac === undefined ? {} : { mac: nic.mac }),
    ...(nic.kernelName === undefined ? {} : { kernelName: nic.kernelName }),
    ...(nic.driver === undefined ? {} : { driver: nic.driver }),
    ...(nic.originalDriver === undefined ? {} : { originalDriver: nic.originalDriver }),
    link: nic.link,
    ...(nic.speedMbps === undefined ? {} : { speedMbps: nic.speedMbps }),
    ...(nic.iommuGroup === undefined ? {} : { iommuGroup: nic.iommuGroup }),
    groupMembers: nic.groupMembers.map(({ pciAddress }) => pciAddress),
    use: roleOf(nic, facts),
    iniLine: iniLineFor(nic, nics, {
      dpdk: { unsafeNoIommu: false, interfaces: facts.config.vpp.dpdk.interfaces },
    }),
  };
}

function roleOf(nic: Nic, { config, dataPlane, managementInterface }: NicFacts): NicRole {
  const configured = config.vpp.dpdk.interfaces.find(({ pciAddress }) => pciAddress === nic.pciAddress);
  if (configured === undefined) {
    const isManagement = managementInterface !== undefined && nic.kernelName === managementInterface;
    return isManagement ? { role: 'management', name: managementInterface } : { role: 'free' };
  }
  const { name } = configured;
  const refusal = dataPlane.vpp.refusals.get(nic.pciAddress);
  if (refusal !== undefined) return { role: 'refused', name, ...refusal };
  if (isFallback(dataPlane)) {
    return { role: 'fallback', name, reason: 'VPP is not running: the kernel forwards' };
  }
  return { role: 'vpp', name };
}

function isFallback(dataPlane: DataPlane): boolean {
  return dataPlane.kernel.interfaces.active;
}
