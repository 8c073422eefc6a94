/** A change of one object in 10,000 sends its own messages and no others, on the model of VPP. */
import { expect, test } from 'vitest';
import { ModelVpp } from '../model/model-vpp.ts';

const VLANS = 2_000;
const NEIGHBORS = 8_000;

/** VLANs on xe0, of which one has other tags, and neighbours on xe1, of which one has another address. */
function configOf({ vlan, mac }: { readonly vlan: number; readonly mac: string }): string {
  const sections = Array.from({ length: VLANS }, (_, n) => {
    const own = n === VLANS - 1 ? `vlan = ${vlan}\n` : '';
    return `[interface.xe0.${n + 1}]\n${own}`;
  });
  const neighbors = Array.from(
    { length: NEIGHBORS },
    (_, n) => `10.${n >> 8}.1.${n & 255} ${n === 0 ? mac : '02:00:00:00:00:01'}`,
  );
  // A line has at most 4,096 characters.
  const perInterface = 100;
  const parts = Array.from({ length: NEIGHBORS / perInterface }, (_, part) => {
    const list = neighbors.slice(part * perInterface, (part + 1) * perInterface);
    return `[interface.xe1.${part + 1}]\nneighbors = ${list.join(', ')}\n`;
  });
  return [...sections, ...parts].join('');
}

test('a change of one object in 10,000 sends its own messages', async () => {
  using vpp = await ModelVpp.start();
  const before = { vlan: 4_000, mac: '02:00:00:00:00:01' };
  expect(await vpp.apply(configOf(before))).toEqual([]);
  expect(vpp.judge.writes).toBeGreaterThan(VLANS + NEIGHBORS);
  expect(await vpp.apply(configOf(before))).toEqual([]);
  expect(vpp.judge.writes).toBe(0);
  expect(await vpp.apply(configOf({ ...before, mac: '02:00:00:00:00:02' }))).toEqual([]);
  expect(vpp.judge.writes).toBe(1);
  // The VLAN is deleted, and made anew with its mark, its MTU and its admin state.
  expect(await vpp.apply(configOf({ mac: '02:00:00:00:00:02', vlan: 4_001 }))).toEqual([]);
  expect(vpp.judge.writes).toBe(5);
}, 600_000);
