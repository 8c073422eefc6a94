/** The counters of interfaces that VPP names itself, on the emulator and on a real VPP. */
import { expect, test } from 'vitest';
import { StatsPoller } from '../../src/vpp/stats/mod.ts';
import { targetName } from './harness.ts';
import { startObjects } from './objects-harness.ts';

test(`counters on ${targetName} have the configuration's names, and the same ones until those change`, async () => {
  await using vpp = await startObjects();
  const bond = '[bond.lag]\nmembers = xe2, xe3\n[interface.lag]\n';
  await vpp.apply(`${bond}[interface.lag.5]\n`);
  expect(vpp.errors).toEqual([]);
  using poller = new StatsPoller({
    socketPath: vpp.target.statsSocket,
    intervalMs: 50,
    interfaceNames: () => vpp.interfaces.givenNames,
  });
  poller.start();
  const names = () => poller.latest?.snapshot.interfaceTable.names ?? [];
  await expect.poll(() => [...names()].sort()).toEqual(expect.arrayContaining(['lag', 'lag.5', 'local0']));
  expect(names()).not.toContain('BondEthernet0');
  expect(poller.latest?.snapshot.interfaces.map(({ name }) => name)).toContain('lag.5');
  const before = names();
  await expect.poll(() => poller.reads.polls).toBeGreaterThan(3);
  expect(names()).toBe(before);
  await vpp.apply(bond);
  await expect.poll(() => names().includes('lag.5')).toBe(false);
  expect(names()).toContain('lag');
});
