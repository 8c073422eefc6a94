/** Interfaces in the kernel, as far as it cannot do what VPP does. */
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interfaceConfig } from '../config/testing/interface-config.ts';
import { createNamedNetns, deleteNamedNetns, withNetns } from '../linux/mod.ts';
import { KernelInterfaces } from './mod.ts';

const NETNS = `test-kernel-if-${process.pid}`;
const ip = (...args: string[]): string =>
  withNetns(NETNS, () => execFileSync('ip', args, { encoding: 'utf8' }));
const place = {
  find: (name: string) => ({ ifName: name }),
  run: <T>(body: () => T): T => withNetns(NETNS, body),
};

describe.skipIf(process.getuid?.() !== 0)('interfaces while the kernel forwards', () => {
  beforeEach(() => {
    createNamedNetns(NETNS);
    for (const name of ['xe0', 'xe1']) ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`);
  });
  afterEach(() => deleteNamedNetns(NETNS));

  const stateOf = (interfaces: KernelInterfaces, wanted: string) => {
    const found = interfaces.status.find(({ name }) => name === wanted)!;
    const reason = found.state.state === 'failed' ? found.state.reason : found.state.state;
    return [found.adminUp, reason];
  };

  it.each([
    ['acl-in and acl-out', { aclIn: ['lan'] }],
    ['acl-in and acl-out', { aclOut: ['lan'] }],
    ['macip', { macip: 'hosts' }],
    ['nat', { nat: 'inside' }],
    ['vrf', { vrf: 'blue' }],
  ] as const)('stay down without %s', (what, more) => {
    const interfaces = new KernelInterfaces(
      [interfaceConfig({ name: 'xe0', ...more }), interfaceConfig({ name: 'xe1' })],
      place,
    );
    interfaces.apply();
    const reason = `it stays down while the kernel forwards, which has no ${what}`;
    expect(stateOf(interfaces, 'xe0')).toEqual([false, reason]);
    expect(stateOf(interfaces, 'xe1')).toEqual([true, 'ok']);
    interfaces.reconfigure([interfaceConfig({ name: 'xe0' }), interfaceConfig({ name: 'xe1' })]);
    expect(stateOf(interfaces, 'xe0')).toEqual([true, 'ok']);
    interfaces.reconfigure([interfaceConfig({ name: 'xe0', ...more }), interfaceConfig({ name: 'xe1' })]);
    expect(stateOf(interfaces, 'xe0')).toEqual([false, reason]);
  });

  it('are up, and say what they lack, without what keeps nothing out', () => {
    const interfaces = new KernelInterfaces(
      [interfaceConfig({ name: 'xe0', mpls: true, urpf: 'strict', mssClamp: 'auto' })],
      place,
    );
    interfaces.apply();
    expect(stateOf(interfaces, 'xe0')).toEqual([true, 'the kernel forwards without MPLS, urpf, mss-clamp']);
  });
});
