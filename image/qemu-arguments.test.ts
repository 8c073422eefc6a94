import { describe, expect, it } from 'vitest';
import { dataNicPciAddress, type MachineOptions, qemuArguments } from './qemu-arguments.ts';

const OPTIONS: MachineOptions = {
  kernel: '/k',
  initramfs: '/i',
  disks: ['/with,comma.img'],
  memoryMiB: 3072,
  cpus: 2,
  managementModel: 'virtio',
  httpPort: 18080,
  dataNics: [{}, { model: 'e1000e', mac: '52:54:00:aa:bb:cc', network: { kind: 'hub', hub: 3 } }],
  iommu: true,
  append: 'console=ttyS0',
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

  it('makes the IOMMU before any device', () => {
    expect(text().indexOf('intel-iommu')).toBeGreaterThan(0);
    expect(text().indexOf('intel-iommu')).toBeLessThan(text().indexOf('pcie-root-port'));
    expect(text({ iommu: false })).not.toContain('intel-iommu');
  });

  it('forwards the status page from loopback only', () => {
    expect(text()).toContain('hostfwd=tcp:127.0.0.1:18080-:8080');
  });

  it('connects wires as asked', () => {
    const datagram = { kind: 'datagram', localPort: 5001, remotePort: 5002 } as const;
    const args = text({ dataNics: [{ network: datagram }, {}] });
    expect(args).toContain(
      'dgram,id=nic2,local.type=inet,local.host=127.0.0.1,local.port=5001,remote.type=inet',
    );
    expect(args).toContain('hubport,id=nic3,hubid=1003');
    expect(text()).toContain('hubport,id=nic3,hubid=3');
  });

  it('escapes a comma in a path', () => {
    expect(text()).toContain('file=/with,,comma.img');
  });

  it('refuses what does not fit', () => {
    expect(() => text({ dataNics: Array.from({ length: 9 }, () => ({})) })).toThrow('at most 8');
    expect(() => text({ disks: ['a', 'b', 'c', 'd'] })).toThrow('at most 3');
  });
});
