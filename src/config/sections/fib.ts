/** [fib.vpp] and [fib.kernel]: which FIBs are programmed, and how. */
import { flag } from '../flag.ts';
import { leaf, section } from '../leaf.ts';
import { choice, integer } from '../leaf-types.ts';
import { netns } from '../name-types.ts';

const MAX_U32 = 4294967295;
const KERNEL_REFUSES = ['routes', 'the kernel refuses the routes'] as const;

export const fibVpp = section('fib.vpp', {
  sentence: "Programming of VPP's FIB.",
  leaves: {
    enabled: flag('enabled', false, {
      sentence: "Program routes into VPP's FIB",
      fails: ['routes', 'VPP does not have all routes'],
    }),
    tableId: leaf('table-id', integer(0, MAX_U32), {
      default: '0',
      sentence: 'Table (VRF) for the routes; 0 is the default one',
      example: '10',
      fails: ['routes', 'VPP refuses the table'],
    }),
    batchSize: leaf('batch-size', integer(1, 65535, 'routes'), {
      default: '256',
      sentence: 'Most routes in one batch',
      example: '1024',
      cannotFail: 'this program keeps this size itself',
    }),
    batchIntervalMs: leaf('batch-interval-ms', integer(0, 60000, 'milliseconds'), {
      default: '10',
      sentence: 'How long a batch that is not full waits for more routes; 0 sends at once',
      example: '50',
      cannotFail: 'this program keeps this time itself',
    }),
    verify: leaf('verify', choice('sample', 'all', 'answered'), {
      default: 'sample',
      sentence:
        'How VPP confirms thousands of routes at a time: sample and all send most of them without asking for an answer, which takes half the time, then look up a sample of each next-hop group or all of them; answered asks for an answer to each',
      example: 'answered',
      cannotFail: 'every choice leads to the same routes',
    }),
  },
});

export const fibKernel = section('fib.kernel', {
  sentence: "Programming of the kernel's FIB, and what is learnt from it.",
  leaves: {
    enabled: flag('enabled', false, {
      sentence: 'Program routes into the kernel beside VPP; without VPP the kernel is always programmed',
      fails: ['routes', 'the kernel does not have all routes, beside VPP too'],
    }),
    // 0 is no table; 255 is the kernel's own, of local addresses.
    tableId: leaf('table-id', integer(1, MAX_U32), {
      default: '254',
      sentence: 'Kernel table for routes that name none; 254 is the main one',
      example: '100',
      fails: KERNEL_REFUSES,
    }),
    netns: leaf('netns', netns, {
      absent: "vpp.lcp.netns beside a VPP with LCP, else the box's own",
      sentence: 'Network namespace that is programmed beside VPP',
      example: 'routers',
      fails: ['routes', 'the namespace does not exist'],
    }),
    // 0 lets the kernel choose, another one for each family: what identifies a route would not be known.
    metric: leaf('metric', integer(1, MAX_U32), {
      default: '20',
      sentence: 'Metric of our routes in the kernel: routes with another metric coexist with them',
      example: '100',
      fails: KERNEL_REFUSES,
    }),
    import: flag('import', false, {
      sentence:
        "Import the routes that a routing daemon installs in vpp.lcp.netns; VPP's own plugin for that (linux_nl) is then not loaded",
      // Whether VPP loads linux_nl depends on it.
      effect: 'vpp-restart',
      fails: ['routes', 'the routes of the namespace cannot be read'],
    }),
    importDistance: leaf('import-distance', integer(1, 255), {
      default: '200',
      sentence: 'Administrative distance of imported routes: of several routes to one prefix the lowest wins',
      example: '110',
      cannotFail: 'this program compares the number itself',
    }),
  },
});
