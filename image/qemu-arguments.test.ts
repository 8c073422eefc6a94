import { describe, expect, it } from 'vitest';
import { dataNicPciAddress, type MachineOptions, qemuArguments } from './qemu-arguments.ts';

const OPTIONS: MachineOptions = {
  boot: { kind: 'kernel', kernel: '/k', initramfs: '/i', append: 'console=ttyS0' },
  disks: [{ path: '/with,comma.img' }],
  memoryMiB: 3072,
  cpus: 2,
  managementModel: 'virtio',
  httpPort: 18080,
  httpsPort: 18443,
  dataNics: [{}, { model: 'e1000e', mac: '52:54:00:aa:bb:cc', network: { kind: 'hub', hub: 3 } }],
  iommu: true,
  restarts: false,
  qmpSocket: '/q',
  extraArguments: ['-device', 'pvpanic'],
};

const text = (options: Partial<MachineOptions> = {}) => qemuArguments({ ...OPTIONS, ...options }).join(' ');

describe('qemuArguments', () => {
  it('puts each NIC alone behind its own root port, in the order of their buses', () => {
    const ports = [...text().matchAll(/pcie-root-port,id=(port\d),bus=pcie.0,addr=0x(\w+)/g)].map((each) => [
      each[1],
      each[2],
    ]);
    expect(ports).toEqual([
      ['port1', '04'],
      ['port2', '05'],
      ['port3', '06'],
    ]);
    expect(text()).toContain('virtio-net-pci,iommu_platform=on,ats=on,disable-legacy=on,bus=port2');
    expect(text()).toContain('e1000e,bus=port3,netdev=nic3,mac=52:54:00:aa:bb:cc');
    expect([dataNicPciAddress(0), dataNicPciAddress(1)]).toEqual(['0000:02:00.0', '0000:03:00.0']);
  });

  it('adds the IOMMU before any device', () => {
    expect(text().indexOf('intel-iommu')).toBeGreaterThan(0);
    expect(text().indexOf('intel-iommu')).toBeLessThan(text().indexOf('pcie-root-port'));
    expect(text({ iommu: false })).not.toContain('intel-iommu');
  });

  it('forwards the status page from loopback only', () => {
    expect(text()).toContain('hostfwd=tcp:127.0.0.1:18080-:8080,hostfwd=tcp:127.0.0.1:18443-:8443');
  });

  it('connects wires as requested', () => {
    const datagram = { kind: 'datagram', localPort: 5001, remotePort: 5002 } as const;
    const args = text({ dataNics: [{ network: datagram }, {}] });
    expect(args).toContain(
      'dgram,id=nic2,local.type=inet,local.host=127.0.0.1,local.port=5001,remote.type=inet',
    );
    expect(args).toContain('hubport,id=nic3,hubid=1003');
    const tap = text({ dataNics: [{ network: { kind: 'tap', name: 'peer0' } }] });
    expect(tap).toContain('tap,id=nic2,ifname=peer0,script=no,downscript=no');
    expect(text()).toContain('hubport,id=nic3,hubid=3');
  });

  it('starts a kernel, or firmware that boots from the first disk', () => {
    expect(text()).toContain('-kernel /k -initrd /i -append console=ttyS0');
    const boot = { kind: 'firmware', code: '/code', variables: '/vars' } as const;
    const args = text({ boot, disks: [{ path: '/a', bus: 'nvme' }, { path: '/b' }] });
    expect(args).toContain('if=pflash,format=raw,unit=0,readonly=on,file=/code');
    expect(args).toContain('if=pflash,format=raw,unit=1,file=/vars');
    expect(args).toContain('nvme,serial=appliance,drive=disk0,bootindex=1,bus=pcie.0,addr=0x18');
    expect(args).not.toContain('-kernel');
    expect(args.match(/bootindex/g)).toHaveLength(1);
  });

  it('plugs a USB disk into its own controller', () => {
    const args = text({ disks: [{ path: '/a' }, { path: '/b', bus: 'usb' }] });
    expect(args).toContain('qemu-xhci,id=usb1,bus=pcie.0,addr=0x19');
    expect(args).toContain('usb-storage,removable=on,drive=disk1,bus=usb1.0');
  });

  it('never discards what a guest has written', () => {
    expect(text()).not.toContain('cache=unsafe');
  });

  it('ends when the guest restarts, unless told otherwise', () => {
    expect(text()).toContain('-no-reboot');
    expect(text({ restarts: true })).not.toContain('-no-reboot');
  });

  it('escapes a comma in a path', () => {
    expect(text()).toContain('file=/with,,comma.img');
  });

  it('refuses too many NICs or disks', () => {
    expect(() => text({ dataNics: Array.from({ length: 9 }, () => ({})) })).toThrow('at most 8');
    expect(() => text({ disks: ['a', 'b', 'c', 'd'].map((path) => ({ path })) })).toThrow('at most 3');
  });
});
