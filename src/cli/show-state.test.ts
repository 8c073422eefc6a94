import { describe, expect, it } from 'vitest';
import type { ApplianceStatus } from '../status/mod.ts';
import { interfacesText } from './show-state.ts';

type Interface = ApplianceStatus['interfaces'][number];

function interfaceOf(name: string, more: Partial<Interface> = {}): Interface {
  return {
    name,
    dataPlane: 'vpp',
    state: { state: 'ok' },
    adminUp: true,
    link: 'up',
    addresses: [],
    ...more,
  };
}

describe('interfacesText', () => {
  it('says what Linux made of an interface: its TAP, its table, and that it was set down there', () => {
    const text = interfacesText(
      {
        interfaces: [
          interfaceOf('xe0', {
            hostInterface: { state: 'paired', name: 'xe0', netns: 'dataplane' },
            tableId: 100,
          }),
          interfaceOf('xe1', { adminUp: false, isSetDownInLinux: true }),
          interfaceOf('xe2', { hostInterface: { state: 'failed', reason: 'no vhost' } }),
        ],
      },
      { rates: undefined, load: undefined },
    );
    const cells = text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(cells[0]?.slice(-4)).toEqual(['ADDRESSES', 'LINUX', 'TABLE', 'STATE']);
    expect(cells[1]?.slice(-3)).toEqual(['dataplane/xe0', '100', 'ok']);
    expect(cells[2]?.slice(-3)).toEqual(['-', '-', 'set down in Linux']);
    expect(cells[3]?.slice(-3)).toEqual(['none: no vhost', '-', 'ok']);
  });
});
