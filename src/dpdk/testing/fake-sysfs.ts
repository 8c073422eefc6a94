/**
 * A PCI bus for tests: a sysfs tree in a temporary directory, with links as in the kernel, and a small kernel that
 * reacts to writes.
 *
 * Its layout is that of Linux 6.1 with an IOMMU; it owns its directory and removes it when disposed.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';

export interface FakeDevice {
  readonly address: string;
  /** 0x020000 by default */
  readonly classCode?: number;
  readonly vendor?: number;
  readonly device?: number;
  /** The driver that matches by id; none if absent. */
  readonly driver?: string;
  /** The kernel interface that this driver creates. */
  readonly net?: string;
  readonly mac?: string;
  readonly group?: number;
  /** The interface is below virtioN, as with virtio_net. */
  readonly virtio?: number;
  /** Text of `carrier`; absent: reading fails as for a down interface. */
  readonly carrier?: string;
  readonly speed?: string;
}

export class FakeSysfs implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'appliance-sysfs-'));
  readonly sysfs = join(this.root, 'sys');
  readonly devVfio = join(this.root, 'dev/vfio');
  readonly runDir = join(this.root, 'run');
  /** Every write, `path relative to sysfs` = `text`. */
  readonly writes: string[] = [];
  /** Paths (relative to sysfs, or suffixes) whose writes fail, with the message. */
  readonly refusals = new Map<string, string>();
  /** `DRIVER ADDRESS`: this driver's probe of this device fails. */
  readonly failingProbes = new Set<string>();
  /** Groups whose node does not appear. */
  readonly groupsWithoutNode = new Set<number>();
  readonly #devices = new Map<string, FakeDevice>();
  readonly #vanished = new Map<string, FakeDevice>();

  constructor(devices: readonly FakeDevice[], drivers: readonly string[] = ['vfio-pci']) {
    for (const dir of ['bus/pci/devices', 'bus/pci/drivers', 'class/net', 'kernel/iommu_groups']) {
      mkdirSync(join(this.sysfs, dir), { recursive: true });
    }
    mkdirSync(this.devVfio, { recursive: true });
    for (const driver of drivers) this.addDriver(driver);
    for (const device of devices) this.addDevice(device);
  }

  get options(): {
    sysfs: string;
    runDir: string;
    devVfio: string;
    write: FakeSysfs['write'];
    timeoutMs: number;
  } {
    return {
      sysfs: this.sysfs,
      runDir: this.runDir,
      devVfio: this.devVfio,
      write: this.write,
      timeoutMs: 60,
    };
  }

  addDriver(driver: string): void {
    mkdirSync(join(this.sysfs, 'bus/pci/drivers', driver), { recursive: true });
  }

  addDevice(device: FakeDevice): void {
    this.#devices.set(device.address, device);
    const path = this.#real(device.address);
    mkdirSync(path, { recursive: true });
    const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}\n`;
    writeFileSync(join(path, 'class'), hex(device.classCode ?? 0x020000, 6));
    writeFileSync(join(path, 'vendor'), hex(device.vendor ?? 0x8086, 4));
    writeFileSync(join(path, 'device'), hex(device.device ?? 0x125c, 4));
    writeFileSync(join(path, 'driver_override'), '(null)\n');
    writeFileSync(join(path, 'numa_node'), '-1\n');
    this.#link(path, join(this.sysfs, 'bus/pci/devices', device.address));
    if (device.group !== undefined) {
      const group = join(this.sysfs, 'kernel/iommu_groups', String(device.group));
      mkdirSync(group, { recursive: true });
      this.#link(group, join(path, 'iommu_group'));
    }
    if (device.driver !== undefined) {
      this.addDriver(device.driver);
      this.#attach(device, device.driver);
    }
  }

  /** The device falls off the bus; a rescan finds it again unless `forGood`. */
  removeDevice(address: string, forGood = false): void {
    const device = this.#devices.get(address);
    if (device === undefined) return;
    this.#detach(device);
    rmSync(join(this.sysfs, 'bus/pci/devices', address));
    rmSync(this.#real(address), { recursive: true });
    this.#devices.delete(address);
    if (!forGood) this.#vanished.set(address, device);
  }

  driverOf(address: string): string | undefined {
    const link = join(this.#real(address), 'driver');
    return existsSync(link) ? basename(readlinkSync(link)) : undefined;
  }

  overrideOf(address: string): string {
    return readFileSync(join(this.#real(address), 'driver_override'), 'utf8').trim();
  }

  /** The write function for the code under test: records the write, then acts as the kernel would. */
  readonly write = (path: string, text: string): void => {
    const name = relative(this.sysfs, path);
    this.writes.push(`${name} = ${JSON.stringify(text)}`);
    for (const [suffix, message] of this.refusals) if (name.endsWith(suffix)) throw new Error(message);
    const [, address = '', attribute = ''] = /^bus\/pci\/devices\/([^/]+)\/(.+)$/.exec(name) ?? [];
    const bindTo = /^bus\/pci\/drivers\/([^/]+)\/bind$/.exec(name)?.[1];
    if (attribute === 'driver_override') {
      writeFileSync(path, text === '\n' ? '(null)\n' : `${text}\n`);
    } else if (attribute === 'driver/unbind') {
      if (text !== address) throw new Error('write: ENODEV (No such device)');
      this.#detach(this.#device(address));
    } else if (name === 'bus/pci/drivers_probe') {
      this.#probe(this.#device(text));
    } else if (bindTo !== undefined) {
      this.#attach(this.#device(text), bindTo);
    } else if (name === 'bus/pci/rescan') {
      for (const [key, device] of this.#vanished) {
        this.#vanished.delete(key);
        this.addDevice(device);
      }
    } else {
      throw new Error(`write: ENOENT (No such file or directory): ${name}`);
    }
  };

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #real(address: string): string {
    return join(this.sysfs, 'devices/pci0000:00', address);
  }

  #device(address: string): FakeDevice {
    const device = this.#devices.get(address);
    if (device === undefined) throw new Error(`write: ENODEV (No such device): ${address}`);
    return device;
  }

  #probe(device: FakeDevice): void {
    if (this.driverOf(device.address) !== undefined) return;
    const override = this.overrideOf(device.address);
    const driver = override === '(null)' ? device.driver : override;
    if (driver === undefined || !existsSync(join(this.sysfs, 'bus/pci/drivers', driver))) return;
    if (!this.failingProbes.has(`${driver} ${device.address}`)) this.#attach(device, driver);
  }

  #attach(device: FakeDevice, driver: string): void {
    const path = this.#real(device.address);
    this.#link(join(this.sysfs, 'bus/pci/drivers', driver), join(path, 'driver'));
    if (driver === 'uio_pci_generic') mkdirSync(join(path, 'uio/uio0'), { recursive: true });
    if (driver === 'vfio-pci' && device.group !== undefined && !this.groupsWithoutNode.has(device.group)) {
      writeFileSync(join(this.devVfio, String(device.group)), '');
    }
    if (driver !== device.driver || device.net === undefined) return;
    const net = join(path, device.virtio === undefined ? '' : `virtio${device.virtio}`, 'net', device.net);
    mkdirSync(net, { recursive: true });
    if (device.mac !== undefined) writeFileSync(join(net, 'address'), `${device.mac}\n`);
    if (device.carrier !== undefined) writeFileSync(join(net, 'carrier'), `${device.carrier}\n`);
    writeFileSync(join(net, 'operstate'), device.carrier === '1' ? 'up\n' : 'down\n');
    writeFileSync(join(net, 'speed'), `${device.speed ?? '-1'}\n`);
    this.#link(net, join(this.sysfs, 'class/net', device.net));
  }

  #detach(device: FakeDevice): void {
    const path = this.#real(device.address);
    for (const name of ['driver', 'net', 'uio', `virtio${device.virtio}`]) {
      rmSync(join(path, name), { recursive: true, force: true });
    }
    if (device.net !== undefined) rmSync(join(this.sysfs, 'class/net', device.net), { force: true });
  }

  #link(target: string, path: string): void {
    rmSync(path, { force: true });
    symlinkSync(target, path);
  }
}
