import { expect, test } from 'vitest';
import { explainExit } from './exit-reason.ts';

test.each([
  ['Main heap allocation failure!', 'too few hugepages for vpp.memory.main-heap'],
  ["vlib_plugin_config: unknown input 'bogus { }'", 'VPP refused its startup.conf'],
  ['vpp: error while loading shared libraries: libvnet.so.25.02', 'a shared library is missing'],
  ['ERROR: This binary requires CPU with AVX2 extensions.', 'this VPP was built for a newer CPU'],
  [
    "vlib_thread_init: cpu 9 is not available to be used for the 'workers' thread",
    'vpp.cpu names a core that does not exist',
  ],
  ['vlib_stats_init: stat segment mmap failure', 'too few hugepages for vpp.stats.segment-size'],
  [
    'vl_api_clnt_process:338: socksvr_api_init failed, quitting...',
    'the file at vpp.api-socket is not a socket',
  ],
  [
    'cpu_config: main-core must be specified when using corelist-*',
    'VPP refused the cpu section of its startup.conf',
  ],
  ['dpdk_config: rte_eal_init returned -1', 'DPDK could not start'],
])('%s', (line, meaning) => {
  const reason = explainExit({ code: 1, signal: null, lastLines: ['something before', line, 'and after'] });
  expect(reason).toBe(`${meaning}: ${JSON.stringify(line)}`);
});

test('leaves an unknown end unexplained', () => {
  expect(explainExit({ code: 1, signal: null, lastLines: ['hello'] })).toBeUndefined();
  expect(explainExit({ code: null, signal: 'SIGSEGV', lastLines: [] })).toBeUndefined();
  expect(explainExit({ code: 127, signal: null, lastLines: [] })).toContain('the loader could not start it');
});
