/**
 * 1,000 VLANs with addresses, 200 bridges, 500 tunnels and 10,000 rules of filters, in the emulator or with `VPP_BIN` in a
 * real VPP: the start, a run that finds nothing to do, and one change, in time, in messages, and in how long the event loop
 * was kept. `npm run bench:objects`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { VppInterfaces } from '../../src/interfaces/mod.ts';
import type { VppApiClient } from '../../src/vpp/api/mod.ts';
import { targetName } from '../conformance/harness.ts';
import { connectObjects, objectsConfig, startObjectsTarget } from '../conformance/objects-harness.ts';

const VLANS = 1_000;
const BRIDGES = 200;
const TUNNELS = 500;
const ACLS = 10;
const RULES = 1_000;

function configOf(lastMtu: number): string {
  const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
  const vlans = range(VLANS).map((n) => {
    const mtu = n === VLANS - 1 ? `mtu = ${lastMtu}\n` : '';
    return `[interface.xe0.${n + 1}]\naddresses = 10.${n >> 8}.${n & 255}.1/24\n${mtu}`;
  });
  const bridges = range(BRIDGES).map(
    (n) =>
      `[bridge.br${n}]\nmembers = xe1.${n + 1}, xe2.${n + 1}\n[interface.xe1.${n + 1}]\n[interface.xe2.${n + 1}]\n`,
  );
  const tunnels = range(TUNNELS).map(
    (n) =>
      `[gre.gre${n}]\nsource = 192.0.2.1\ndestination = 198.18.${1 + (n >> 7)}.${1 + (n & 127)}\n[interface.gre${n}]\naddresses = 172.16.${n >> 6}.${4 * (n & 63) + 1}/30\n`,
  );
  const acls = range(ACLS).map((n) => {
    const rules = range(RULES).map(
      (rule) => `${rule + 1} = deny tcp from 10.${n}.${rule >> 8}.${rule & 255} to any port 80`,
    );
    return `[acl.acl${n}]\n${rules.join('\n')}\n`;
  });
  return [...vlans, ...bridges, ...tunnels, ...acls].join('');
}

/** Counts requests and dumps. */
function counting(client: VppApiClient, counts: { messages: number }): VppApiClient {
  return new Proxy(client, {
    get: (target, key): unknown => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key === 'request' || key === 'dump' || key === 'stream') {
        return (...given: unknown[]): unknown => {
          counts.messages++;
          return Reflect.apply(value, target, given);
        };
      }
      return value.bind(target);
    },
  });
}

await using target = await startObjectsTarget();
await using client = await connectObjects(target);
const counts = { messages: 0 };
const interfaces = new VppInterfaces({
  config: objectsConfig(''),
  onChange: () => {},
  onError: (name, reason) => process.stderr.write(`${name}: ${reason}\n`),
});
await interfaces.attach(counting(client, counts), 'first');
const [first, changed] = [objectsConfig(configOf(1500)), objectsConfig(configOf(1400))];
process.stdout.write(`on ${targetName}\n`);
for (const [what, config] of [
  ['start', first],
  ['nothing to do', first],
  ['one change', changed],
] as const) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  counts.messages = 0;
  delay.enable();
  const startMs = performance.now();
  await interfaces.reconfigure(config);
  const ms = performance.now() - startMs;
  delay.disable();
  const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  process.stdout.write(
    `${what}: ${ms.toFixed(0)} ms, ${counts.messages} requests, loop delay p99 ${p99.toFixed(1)} ms, at most ${max.toFixed(1)} ms\n`,
  );
}
interfaces.detach();
