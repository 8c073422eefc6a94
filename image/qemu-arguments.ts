/**
 * Owns the guest's hardware: options in, QEMU's command line out. Pure.
 *
 * The machine is a q35 with an emulated IOMMU and nothing but what is named here. Each NIC sits alone behind its own
 * PCIe root port; firmware numbers the buses in the order of the root ports, so the addresses are stable:
 *
 *   0000:01:00.0  management NIC, user networking, HTTP forwarded from 127.0.0.1 of this machine
 *   0000:02:00.0  first data plane NIC
 *   0000:03:00.0  second data plane NIC, and so on
 *   0000:00:18.0  boot disk (virtio-blk)
 *
 * Emulation is TCG: the guest must run the same on every developer's machine, with or without /dev/kvm.
 */

import { ImageError } from './errors.ts';

export type NicModel = 'virtio' | 'e1000e' | 'igb';

/** What a data plane NIC's wire is connected to. */
export type NicNetwork =
  /** A cable with nobody at the other end; the link is up. */
  | { readonly kind: 'isolated' }
  /** NICs of one guest with the same hub number are on one segment. */
  | { readonly kind: 'hub'; readonly hub: number }
  /** Frames as UDP datagrams between two ports of this machine's loopback: the other end is a test or a guest. */
  | { readonly kind: 'datagram'; readonly localPort: number; readonly remotePort: number };

export interface NicOptions {
  readonly model?: NicModel;
  readonly network?: NicNetwork;
  /** Default 52:54:00:00:00:NN, NN the bus number. */
  readonly mac?: string;
}

export interface MachineOptions {
  readonly kernel: string;
  readonly initramfs: string;
  /** Disk images in order; the first is the boot disk. */
  readonly disks: readonly string[];
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly managementModel: NicModel;
  /** Port of 127.0.0.1 that leads to port 8080 of the guest. */
  readonly httpPort: number;
  readonly dataNics: readonly NicOptions[];
  readonly iommu: boolean;
  readonly append: string;
  readonly qmpSocket: string;
  readonly extraArguments: readonly string[];
}

export const GUEST_HTTP_PORT = 8080;
const MANAGEMENT_BUS = 1;
const MAX_DATA_NICS = 8;
const FIRST_PORT_SLOT = 4;
const FIRST_DISK_SLOT = 0x18;
const MAX_DISKS = 3;
/** A hub that no option can name. */
const FIRST_ISOLATED_HUB = 1000;

/** Hexadecimal, as QEMU and PCI addresses write it. */
const hex = (value: number) => value.toString(16).padStart(2, '0');

/** The PCI address of a data plane NIC, counted from 0: `0000:02:00.0` … */
export function dataNicPciAddress(index: number): string {
  return `0000:${hex(MANAGEMENT_BUS + 1 + index)}:00.0`;
}

/** Without ERMS the kernel copies and clears in words: TCG emulates `rep stosb` byte by byte, six times slower. */
const CPU = 'max,-erms';

const MODEL_DEVICES: Readonly<Record<NicModel, string>> = {
  // Without these three a virtio device would bypass the IOMMU, and vfio could not isolate it.
  virtio: 'virtio-net-pci,iommu_platform=on,ats=on,disable-legacy=on',
  e1000e: 'e1000e',
  igb: 'igb',
};

function nicArguments(bus: number, nic: NicOptions, netdev: string): string[] {
  const id = `nic${bus}`;
  const slot = FIRST_PORT_SLOT + bus - 1;
  const mac = nic.mac ?? `52:54:00:00:00:${hex(bus)}`;
  const device = MODEL_DEVICES[nic.model ?? 'virtio'];
  return [
    ['-device', `pcie-root-port,id=port${bus},bus=pcie.0,addr=0x${hex(slot)},chassis=${bus},slot=${bus}`],
    ['-netdev', netdev.replace('ID', id)],
    ['-device', `${device},bus=port${bus},netdev=${id},mac=${mac},id=dev${bus}`],
  ].flat();
}

function netdevOf(network: NicNetwork, bus: number): string {
  switch (network.kind) {
    case 'isolated':
      return `hubport,id=ID,hubid=${FIRST_ISOLATED_HUB + bus}`;
    case 'hub':
      return `hubport,id=ID,hubid=${network.hub}`;
    case 'datagram': {
      const end = (side: string, port: number) =>
        `${side}.type=inet,${side}.host=127.0.0.1,${side}.port=${port}`;
      return `dgram,id=ID,${end('local', network.localPort)},${end('remote', network.remotePort)}`;
    }
  }
}

function diskArguments(path: string, index: number): string[] {
  const drive = `if=none,id=disk${index},format=raw,cache=unsafe,file=${path.replaceAll(',', ',,')}`;
  const slot = hex(FIRST_DISK_SLOT + index);
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=disk${index},bus=pcie.0,addr=0x${slot}`];
}

/** QEMU's arguments. The serial console is on its standard output. @throws ImageError `bad-argument` */
export function qemuArguments(options: MachineOptions): string[] {
  if (options.dataNics.length > MAX_DATA_NICS) {
    throw new ImageError(
      'bad-argument',
      `${options.dataNics.length} data plane NICs, at most ${MAX_DATA_NICS} fit`,
    );
  }
  if (options.disks.length > MAX_DISKS) {
    throw new ImageError('bad-argument', `${options.disks.length} disks, at most ${MAX_DISKS} fit`);
  }
  const forward = `hostfwd=tcp:127.0.0.1:${options.httpPort}-:${GUEST_HTTP_PORT}`;
  return [
    ['-name', 'appliance', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-vga', 'std'],
    ['-accel', 'tcg,thread=multi', '-machine', 'q35,kernel-irqchip=split', '-cpu', CPU],
    ['-smp', String(options.cpus), '-m', String(options.memoryMiB)],
    // The IOMMU comes first: devices made before it would not be behind it.
    options.iommu ? ['-device', 'intel-iommu,intremap=on,caching-mode=on'] : [],
    ['-kernel', options.kernel, '-initrd', options.initramfs, '-append', options.append],
    ['-serial', 'stdio', '-monitor', 'none', '-qmp', `unix:${options.qmpSocket},server=on,wait=off`],
    ['-device', 'i6300esb,bus=pcie.0,addr=0x1c', '-action', 'watchdog=reset'],
    nicArguments(MANAGEMENT_BUS, { model: options.managementModel }, `user,id=ID,${forward}`),
    ...options.dataNics.map((nic, index) => {
      const bus = MANAGEMENT_BUS + 1 + index;
      return nicArguments(bus, nic, netdevOf(nic.network ?? { kind: 'isolated' }, bus));
    }),
    ...options.disks.map(diskArguments),
    options.extraArguments,
  ].flat();
}
