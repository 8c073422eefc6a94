/**
 * [vpp] and what VPP is started with.
 *
 * The leaves of `vpp.*` and `fib.vpp.*` are those of the specification of the VPP data plane; ranges that it leaves
 * open have their reason beside them. What stands in startup.conf, or says whether there is a VPP, needs a restart of
 * VPP: nothing where no VPP of ours runs.
 */
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice, GIB, integer, MIB, size } from '../leaf-types.ts';
import { filePath, netns, socketPath } from '../name-types.ts';

const STARTUP = 'VPP refuses it in startup.conf and exits';
const HUGEPAGES = 'there are too few hugepages, and VPP is not started';
const OWN_TIME = 'this program keeps this time itself';

export const vpp = section('vpp', {
  sentence: 'FD.io VPP, the data plane.',
  effect: 'vpp-restart',
  leaves: {
    enabled: flag('enabled', false, {
      sentence: 'Master switch: without it VPP is not started and the kernel forwards',
      fails: ['vpp', 'VPP does not run or does not answer'],
    }),
    external: flag('external', false, {
      sentence:
        'Connect to a VPP that something else started: no startup.conf is written, no NIC bound and no process started here',
      fails: ['vpp', 'nothing answers'],
    }),
    binary: leaf('binary', filePath, {
      default: '/usr/bin/vpp',
      sentence: 'The VPP executable',
      example: '/opt/vpp/bin/vpp',
      fails: ['vpp', 'it cannot be started'],
    }),
    startTimeoutSeconds: leaf('start-timeout', integer(1, 3600, 'seconds'), {
      default: '60',
      sentence: 'Time from the start of VPP to a working API connection, after which it counts as stuck',
      example: '120',
      effect: 'live',
      cannotFail: OWN_TIME,
    }),
    // Not less than VPP is silent by itself while it processes a full table on a slow machine (docs/health.md).
    answerTimeoutSeconds: leaf('answer-timeout', integer(2, 3600, 'seconds'), {
      default: '20',
      sentence:
        'Time without any answer on the API of a connected VPP, after which it counts as hung and is restarted',
      example: '60',
      effect: 'live',
      cannotFail: OWN_TIME,
    }),
    drift: leaf('drift', choice('repair', 'report'), {
      default: 'repair',
      sentence:
        'What becomes of a VPP that somebody else changed: it is brought back to this configuration, or the difference is only reported',
      example: 'report',
      effect: 'live',
      fails: ['interfaces', 'VPP is not as configured and left so'],
    }),
    apiSocket: leaf('api-socket', socketPath, {
      default: '/run/vpp/api.sock',
      sentence: 'Unix socket of the binary API',
      example: '/run/vpp/api.sock',
      fails: ['vpp', 'nothing answers there'],
    }),
  },
});

export const cpu = section('vpp.cpu', {
  sentence: "Cores for VPP's threads.",
  effect: 'vpp-restart',
  leaves: {
    mainCore: leaf('main-core', integer(0, 255), {
      absent: 'VPP chooses; 0 when workers are set',
      sentence: "CPU core of VPP's main thread",
      example: '1',
      fails: ['vpp', STARTUP],
    }),
    workers: leaf('workers', integer(0, 255), {
      absent: 'no worker: the main thread forwards',
      sentence: 'Worker threads, on the cores after main-core',
      example: '2',
      fails: ['vpp', STARTUP],
    }),
    isolate: flag('isolate', true, {
      sentence: "Keep everything else and the interrupts off the workers' cores",
      fails: ['cores', 'something else runs on the cores of the workers'],
    }),
  },
});

export const memory = section('vpp.memory', {
  sentence: 'Heap, hugepages and packet buffers.',
  effect: 'vpp-restart',
  leaves: {
    // Less does not hold VPP's own tables and one FIB; more than any machine has is a slip of the unit.
    mainHeapBytes: leaf('main-heap', size(256 * MIB, 256 * GIB), {
      default: '1G',
      sentence: 'Main heap, which holds the FIB; a full table (958k IPv4 and 198k IPv6 routes) needs 1536M',
      example: '1536M',
      fails: ['vpp', HUGEPAGES],
    }),
    hugepageSize: leaf('hugepage-size', choice('2M', '1G'), {
      default: '2M',
      sentence: 'Size of the hugepages that VPP gets; 1G is for large installations',
      example: '1G',
      fails: ['vpp', HUGEPAGES],
    }),
    // Below, not even the descriptor rings of one NIC are filled; above, buffers alone take 40 GB.
    buffers: leaf('buffers', integer(1024, 16777216, 'per NUMA node'), {
      default: '128000',
      sentence: 'Packet buffers; the default carries a full table at 10 Gbit/s and takes about 320 MB',
      example: '16384',
      fails: ['vpp', HUGEPAGES],
    }),
  },
});

export const stats = section('vpp.stats', {
  sentence: "VPP's stats segment, the source of the metrics.",
  effect: 'vpp-restart',
  leaves: {
    // The directory of a VPP with its plugins (about 4,600 entries) and its counters; the upper bound as for the heap.
    segmentBytes: leaf('segment-size', size(32 * MIB, 64 * GIB), {
      default: '512M',
      sentence: 'Shared memory of the stats segment; every route takes counters in it, once per thread',
      example: '512M',
      fails: ['vpp', 'there are too few hugepages, or VPP exits for lack of space'],
    }),
    socketPath: leaf('socket-path', socketPath, {
      default: '/run/vpp/stats.sock',
      sentence: 'Unix socket of the stats segment; another one than the api-socket',
      example: '/run/vpp/stats.sock',
      fails: ['counters', 'the segment cannot be read there'],
    }),
    pollIntervalSeconds: leaf('poll-interval', integer(1, 3600, 'seconds'), {
      default: '30',
      sentence: 'How often the stats segment is read for the metrics',
      example: '10',
      effect: 'live',
      cannotFail: OWN_TIME,
    }),
  },
});

export const lcp = section('vpp.lcp', {
  sentence: 'The Linux Control Plane plugin: VPP interfaces as TAP devices.',
  effect: 'vpp-restart',
  leaves: {
    enabled: flag('enabled', true, {
      sentence: 'Load the Linux Control Plane plugins, which mirror VPP interfaces as TAP devices',
      fails: ['interfaces', 'an interface has no TAP'],
    }),
    sync: flag('sync', true, {
      sentence: 'Mirror link state, MTU and addresses of VPP interfaces into their TAP devices',
      fails: ['interfaces', 'addresses were not copied to the TAP'],
    }),
    autoSubint: flag('auto-subint', true, {
      sentence: 'Create TAP devices for dot1q and QinQ sub-interfaces too',
      cannotFail: 'VPP always accepts this word in startup.conf',
    }),
    follow: flag('follow', false, {
      sentence:
        'Make a sub-interface in VPP for each VLAN device that someone makes on a TAP (`ip link add link xe0 name xe0.100 type vlan id 100`); it needs fib.kernel.import, and then stands in for auto-subint',
      fails: ['interfaces', 'a sub-interface cannot be made, or has no TAP'],
    }),
    netns: leaf('netns', netns, {
      default: 'dataplane',
      sentence:
        'Network namespace in which the TAP devices appear, and on a box the NICs themselves while the kernel forwards',
      example: 'dataplane',
      fails: ['interfaces', 'TAPs cannot be made there'],
    }),
  },
});

export const neighbors = section('vpp.neighbors', {
  sentence: 'How VPP keeps its neighbours, in the tables of IPv4 and IPv6 alike.',
  fails: ['conditions', 'VPP refuses it'],
  leaves: {
    // VPP takes 0 for no limit: then a scan of a subnet takes its memory. Each takes about a kilobyte of the main heap.
    maxNumber: leaf('max-number', integer(64, 1000000, 'neighbours'), {
      default: '50000',
      sentence: 'Most neighbours (ARP, IPv6 neighbour discovery) that VPP keeps, of each family',
      example: '100000',
    }),
    maxAgeSeconds: leaf('max-age', integer(0, 86400, 'seconds'), {
      default: '30',
      sentence:
        'Time without a sign of life after which VPP probes a neighbour, three times at intervals of 1 s, and removes it when it does not answer; 0: never',
      example: '300',
    }),
    recycle: flag('recycle', true, {
      sentence:
        'At max-number a new neighbour replaces the one that has been silent longest; otherwise VPP does not learn it',
    }),
  },
});
