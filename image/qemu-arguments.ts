/**
 * Owns the guest's hardware: options in, QEMU's command line out. Pure.
 *
 * The machine is a q35 with an emulated IOMMU and nothing but the devices named here. Each NIC is alone behind its own
 * PCIe root port; firmware numbers the buses in the order of the root ports, so the addresses are stable:
 *
 *   0000:01:00.0  management NIC, user networking, HTTP forwarded from 127.0.0.1 of this machine
 *   0000:02:00.0  first data plane NIC
 *   0000:03:00.0  second data plane NIC, and so on
 *   0000:00:18.0  first disk (virtio-blk or NVMe), or the USB controller that it is plugged into
 *
 * It starts a given kernel directly, or firmware (OVMF) that finds a boot loader on the first disk.
 *
 * Emulation is TCG: the guest must run the same on every developer's machine, with or without /dev/kvm.
 */

import { ImageError } from './errors.ts';

export type NicModel = 'virtio' | 'e1000e' | 'igb';

/** The other end of a data plane NIC's wire. */
export type NicNetwork =
  /** A cable without a peer; the link is up. */
  | { readonly kind: 'isolated' }
  /** NICs of one guest with the same hub number are on one segment. */
  | { readonly kind: 'hub'; readonly hub: number }
  /** Frames as UDP datagrams between two ports of this machine's loopback: the peer is a test or a guest. */
  | { readonly kind: 'datagram'; readonly localPort: number; readonly remotePort: number }
  /**
   * A TAP that QEMU creates, as root, in its own network namespace and that ends with it; callers may move it to
   * another namespace.
   */
  | { readonly kind: 'tap'; readonly name: string };

export interface NicOptions {
  readonly model?: NicModel;
  readonly network?: NicNetwork;
  /** Default 52:54:00:00:00:NN, NN the bus number. */
  readonly mac?: string;
}

/** The bus of a disk. */
export type DiskBus = 'virtio' | 'nvme' | 'usb';

export interface DiskOptions {
  readonly path: string;
  readonly bus?: DiskBus;
}

/** The boot source of the machine. */
export type BootSource =
  | {
      readonly kind: 'kernel';
      readonly kernel: string;
      readonly initramfs: string;
      readonly append: string;
    }
  /** UEFI: its code is read only, its variables are a file that is kept. */
  | { readonly kind: 'firmware'; readonly code: string; readonly variables: string };

export interface MachineOptions {
  readonly boot: BootSource;
  /** Disk images in order; the first is the boot disk. */
  readonly disks: readonly DiskOptions[];
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly managementModel: NicModel;
  /** Port of 127.0.0.1 that is forwarded to port 8080 of the guest. */
  readonly httpPort: number;
  /** Port of 127.0.0.1 that is forwarded to port 8443 of the guest. */
  readonly httpsPort: number;
  readonly dataNics: readonly NicOptions[];
  readonly iommu: boolean;
  /** QEMU continues when the guest restarts; otherwise it ends. */
  readonly restarts: boolean;
  readonly qmpSocket: string;
  readonly extraArguments: readonly string[];
}

const GUEST_HTTP_PORT = 8080;
const GUEST_HTTPS_PORT = 8443;
const MANAGEMENT_BUS = 1;
const MAX_DATA_NICS = 8;
const FIRST_PORT_SLOT = 4;
const FIRST_DISK_SLOT = 0x18;
const MAX_DISKS = 3;
/** A hub that no option can name. */
const FIRST_ISOLATED_HUB = 1000;

/** Hexadecimal, as QEMU and PCI addresses use it. */
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
    case 'tap':
      return `tap,id=ID,ifname=${network.name},script=no,downscript=no`;
  }
}

/**
 * `writeback` puts the guest's writes into this machine's page cache at once, and keeps its flushes: a QEMU that is
 * killed leaves the disk as it was at that moment, as a power cut does, and a test may read it right away. (Data in a
 * disk's own cache is not lost here as in a power cut: this does not show that a write needs its flush.)
 */
const DISK_CACHE = 'writeback';
/** Blocks that the guest discards become holes in the file, and read as zeros. */
const DISK_DISCARD = 'unmap';

const DISK_DEVICES: Readonly<Record<DiskBus, string>> = {
  virtio: 'virtio-blk-pci',
  nvme: 'nvme,serial=appliance',
  usb: 'usb-storage,removable=on',
};

function diskArguments(disk: DiskOptions, index: number): string[] {
  const bus = disk.bus ?? 'virtio';
  const file = disk.path.replaceAll(',', ',,');
  const drive = `if=none,id=disk${index},format=raw,cache=${DISK_CACHE},discard=${DISK_DISCARD},file=${file}`;
  const slot = `bus=pcie.0,addr=0x${hex(FIRST_DISK_SLOT + index)}`;
  // Firmware tries only this disk, because it has a boot order.
  const device = `${DISK_DEVICES[bus]},drive=disk${index}${index === 0 ? ',bootindex=1' : ''}`;
  if (bus !== 'usb') return ['-drive', drive, '-device', `${device},${slot}`];
  const controller = ['-device', `qemu-xhci,id=usb${index},${slot}`];
  return ['-drive', drive, ...controller, '-device', `${device},bus=usb${index}.0`];
}

function bootArguments(boot: BootSource): string[] {
  if (boot.kind === 'kernel') {
    return ['-kernel', boot.kernel, '-initrd', boot.initramfs, '-append', boot.append];
  }
  const flash = (unit: number, file: string, more = '') =>
    `if=pflash,format=raw,unit=${unit}${more},file=${file.replaceAll(',', ',,')}`;
  return ['-drive', flash(0, boot.code, ',readonly=on'), '-drive', flash(1, boot.variables)];
}

/** QEMU's arguments. The serial console is on its standard output. @throws ImageError `bad-argument` */
export function qemuArguments(options: MachineOptions): string[] {
  if (options.dataNics.length > MAX_DATA_NICS) {
    throw new ImageError(
      'bad-argument',
      `expected at most ${MAX_DATA_NICS} data plane NICs, got ${options.dataNics.length}`,
    );
  }
  if (options.disks.length > MAX_DISKS) {
    throw new ImageError('bad-argument', `expected at most ${MAX_DISKS} disks, got ${options.disks.length}`);
  }
  const forward = [
    `hostfwd=tcp:127.0.0.1:${options.httpPort}-:${GUEST_HTTP_PORT}`,
    `hostfwd=tcp:127.0.0.1:${options.httpsPort}-:${GUEST_HTTPS_PORT}`,
  ].join(',');
  return [
    ['-name', 'appliance', '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    options.restarts ? [] : ['-no-reboot'],
    ['-accel', 'tcg,thread=multi', '-machine', 'q35,kernel-irqchip=split', '-cpu', CPU],
    ['-smp', String(options.cpus), '-m', String(options.memoryMiB)],
    // The IOMMU comes first: it would not cover devices made before it.
    options.iommu ? ['-device', 'intel-iommu,intremap=on,caching-mode=on'] : [],
    bootArguments(options.boot),
    ['-serial', 'stdio', '-monitor', 'none', '-qmp', `unix:${options.qmpSocket},server=on,wait=off`],
    // Two watchdogs, as on many boards: this one, and the chipset's, whose strap forbids resets unless told otherwise.
    ['-device', 'i6300esb,bus=pcie.0,addr=0x1c', '-action', 'watchdog=reset'],
    ['-global', 'ICH9-LPC.noreboot=false'],
    nicArguments(MANAGEMENT_BUS, { model: options.managementModel }, `user,id=ID,${forward}`),
    ...options.dataNics.map((nic, index) => {
      const bus = MANAGEMENT_BUS + 1 + index;
      return nicArguments(bus, nic, netdevOf(nic.network ?? { kind: 'isolated' }, bus));
    }),
    ...options.disks.map(diskArguments),
    options.extraArguments,
  ].flat();
}
