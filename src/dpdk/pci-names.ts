/**
 * Names of NICs common in such boxes, so that a user recognises a port without the pci.ids database.
 *
 * Deliberately incomplete: an unknown device is named by vendor, or not at all.
 */

const VENDORS: Readonly<Record<number, string>> = {
  0x8086: 'Intel',
  0x10ec: 'Realtek',
  0x14e4: 'Broadcom',
  0x15b3: 'Mellanox',
  0x1af4: 'Virtio',
  0x15ad: 'VMware',
  0x1d0f: 'Amazon',
  0x1ae0: 'Google',
  0x1077: 'QLogic',
  0x1425: 'Chelsio',
  0x1d6a: 'Aquantia',
  0x1924: 'Solarflare',
  0x1137: 'Cisco',
};

/** `vendor << 16 | device`; the marketing names of the Linux drivers' id tables. */
const DEVICES: ReadonlyMap<number, string> = new Map([
  [0x8086_100e, '82540EM'],
  [0x8086_10d3, '82574L'],
  [0x8086_10c9, '82576'],
  [0x8086_10fb, '82599 (X520)'],
  [0x8086_1521, 'I350'],
  [0x8086_1528, 'X540-AT2'],
  [0x8086_1533, 'I210'],
  [0x8086_1539, 'I211'],
  [0x8086_1563, 'X550'],
  [0x8086_1572, 'X710'],
  [0x8086_1583, 'XL710'],
  [0x8086_1592, 'E810-C'],
  [0x8086_1593, 'E810-C SFP'],
  [0x8086_159b, 'E810-XXV'],
  [0x8086_15f2, 'I225-LM'],
  [0x8086_15f3, 'I225-V'],
  [0x8086_125b, 'I226-LM'],
  [0x8086_125c, 'I226-V'],
  [0x10ec_8125, 'RTL8125'],
  [0x10ec_8168, 'RTL8111/8168'],
  [0x15b3_1013, 'ConnectX-4'],
  [0x15b3_1015, 'ConnectX-4 Lx'],
  [0x15b3_1017, 'ConnectX-5'],
  [0x15b3_1019, 'ConnectX-5 Ex'],
  [0x15b3_101b, 'ConnectX-6'],
  [0x15b3_101d, 'ConnectX-6 Dx'],
  [0x1af4_1000, 'network device'],
  [0x1af4_1041, 'network device'],
  [0x15ad_07b0, 'vmxnet3'],
]);

/** `Intel I226-V`, `Intel` for an unknown device, undefined for an unknown vendor. */
export function deviceName(vendor: number, device: number): string | undefined {
  const vendorName = VENDORS[vendor];
  if (vendorName === undefined) return undefined;
  const model = DEVICES.get(vendor * 0x1_0000 + device);
  return model === undefined ? vendorName : `${vendorName} ${model}`;
}

/** `network controller (class 0x020000)`, from the base class of the PCI Code and ID Assignment Specification. */
export function className(classCode: number): string {
  const hex = `class 0x${classCode.toString(16).padStart(6, '0')}`;
  const name = BASE_CLASSES[classCode >> 16];
  return name === undefined ? hex : `${name} (${hex})`;
}

const BASE_CLASSES: Readonly<Record<number, string>> = {
  0x01: 'mass storage controller',
  0x02: 'network controller',
  0x03: 'display controller',
  0x04: 'multimedia controller',
  0x05: 'memory controller',
  0x06: 'bridge',
  0x07: 'communication controller',
  0x08: 'system peripheral',
  0x0c: 'serial bus controller',
  0x0d: 'wireless controller',
  0x10: 'encryption controller',
  0x12: 'processing accelerator',
};
