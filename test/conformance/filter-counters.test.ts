/** What VPP counts of filters and of NAT, under the configuration's names: on the emulator and on a real VPP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withCounters } from '../../src/objects/status.ts';
import { StatsClient, StatsPoller } from '../../src/vpp/stats/mod.ts';
import { needsEmulator, targetName } from './harness.ts';
import { type ObjectsVpp, startObjects } from './objects-harness.ts';

const INI = `
[interface.xe0]
addresses = 192.0.2.1/24
nat = outside
acl-in = edge
[interface.xe1]
addresses = 10.0.0.1/24
nat = inside
[nat44]
enabled = true
masquerade = xe0
[prefix-list.servers]
prefixes = 192.0.2.0/25, 198.51.100.0/24, 2001:db8::/48
[acl.edge]
10 = permit tcp to servers port 80, 443
20 = deny udp
30 = permit any
[acl.unused]
10 = permit any
`;

describe(`counters of filters and NAT on ${targetName}`, () => {
  let vpp: ObjectsVpp;
  beforeAll(async () => {
    vpp = await startObjects();
  });
  afterAll(async () => {
    await vpp?.[Symbol.asyncDispose]();
  });

  test('VPP has a counter for each of its rules and one more, and the sessions of NAT', async () => {
    await vpp.apply(INI);
    expect(vpp.errors).toEqual([]);
    using stats = await StatsClient.attach(vpp.target.statsSocket, { timeoutMs: 5_000 });
    const { acls, natSessions } = stats.readSnapshot();
    const expanded = [...vpp.interfaces.filterNames.values()].map(({ name, numbers }) => [
      name,
      numbers.length,
    ]);
    // Rule 10: 3 prefixes and 2 ports; the others are one for each family.
    expect(Object.fromEntries(expanded)).toEqual({ edge: 10, unused: 2 });
    for (const [index, { numbers }] of vpp.interfaces.filterNames) {
      const found = acls.find((one) => one.index === index);
      expect(found?.packets.length).toBeGreaterThan(numbers.length);
      expect(found?.bytes.length).toBe(found?.packets.length);
    }
    expect(natSessions).toBeGreaterThanOrEqual(0);
  });

  test('the poller names them as the configuration does', async (context) => {
    needsEmulator(context, 'traffic');
    const { promise, resolve } = Promise.withResolvers<void>();
    using poller = new StatsPoller({
      socketPath: vpp.target.statsSocket,
      intervalMs: 100,
      filterNames: () => vpp.interfaces.filterNames,
    });
    using _watch = poller.watch(({ snapshot: { ruleHits, natSessions } }) => {
      if ((ruleHits[0]?.packets ?? 0) > 0 && natSessions === 7) resolve();
    });
    poller.start();
    await promise;
    const hits = poller.latest?.snapshot.ruleHits ?? [];
    expect(hits.map(({ filter, rule }) => `${filter} ${rule}`)).toEqual([
      'edge 10',
      'edge 20',
      'edge 30',
      'unused 10',
    ]);
    const { objects } = withCounters(vpp.interfaces.objects, poller.latest?.snapshot);
    const factsOf = (kind: string) => objects.find((one) => one.kind === kind)?.facts;
    expect(factsOf('acl')?.['hits']).toEqual([
      expect.stringMatching(/^rule 10: [1-9][0-9]* packets, [1-9][0-9]* bytes$/),
      'rule 20: 0 packets, 0 bytes',
      'rule 30: 0 packets, 0 bytes',
    ]);
    expect(factsOf('nat44')).toMatchObject({ sessions: 7 });
  });
});
