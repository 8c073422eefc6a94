/** A VppConfig for tests, with the defaults of the specification. */
import type { DpdkInterfaceConfig, VppConfig } from '../../config/types.ts';

const MIB = 2 ** 20;

/** `nics`: PCI address → name. */
export function vppConfig(
  nics: Readonly<Record<string, string>> = {},
  change: Partial<VppConfig> = {},
): VppConfig {
  const interfaces = Object.entries(nics).map(
    ([pciAddress, name], index): DpdkInterfaceConfig => ({
      pciAddress,
      name,
      driver: 'dpdk',
      rxQueues: undefined,
      txQueues: undefined,
      line: index + 1,
    }),
  );
  return {
    enabled: true,
    external: false,
    binary: '/usr/bin/vpp',
    startTimeoutSeconds: 60,
    answerTimeoutSeconds: 20,
    drift: 'repair',
    apiSocket: '/run/vpp/api.sock',
    cpu: { mainCore: undefined, workers: undefined, isolate: true },
    memory: { mainHeapBytes: 1024 * MIB, hugepageSize: '2M', buffers: 128_000 },
    dpdk: { unsafeNoIommu: false, interfaces },
    stats: { segmentBytes: 512 * MIB, socketPath: '/run/vpp/stats.sock', pollIntervalSeconds: 30 },
    lcp: { enabled: true, sync: true, autoSubint: true, netns: 'dataplane' },
    neighbors: { maxNumber: 50_000, maxAgeSeconds: 30, recycle: true },
    ...change,
  };
}
