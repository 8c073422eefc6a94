/** What of a TAP is somebody's wish, and what is VPP's copy; driven by real TAPs in test/system/mirror.test.ts. */
import { expect, it } from 'vitest';
import { parsePrefix } from '../config/mod.ts';
import type { Prefix } from '../config/types.ts';
import type { HostLink } from '../mirror/mod.ts';
import { HostWishes } from './host-wishes.ts';
import { interfaceConfig } from '../config/interface-config.ts';

const prefix = (address: string, length: number): Prefix => ({ family: 4, address, length });
const OWN = prefix('192.0.2.1', 24);
const VIRTUAL = prefix('192.0.2.100', 32);
/** With the length that VPP takes, copied to the TAP by lcp-sync. */
const COPY = prefix('192.0.2.100', 24);
const CONFIG = interfaceConfig({ name: 'xe0', addresses: [parsePrefix('192.0.2.1/24')!] });

function tap(...addresses: Prefix[]): HostLink {
  return {
    ifIndex: 7,
    name: 'xe0',
    isUp: true,
    isRunning: true,
    isTap: true,
    mtuBytes: 1500,
    addresses,
    proxyArp: false,
  };
}

it('a copy is no wish until it has left the TAP, also when its address goes before it', () => {
  const wishes = new HostWishes();
  const wanted = (link: HostLink): readonly Prefix[] =>
    wishes
      .wishOf('xe0', link, CONFIG, true)
      .addresses.map(({ family, address, length }) => ({ family, address, length }));
  expect(wanted(tap(OWN, VIRTUAL))).toEqual([OWN, COPY]);
  // VPP ends before the copy is taken off, and the address goes meanwhile.
  const left = tap(OWN, COPY);
  for (let look = 0; look < 3; look += 1) {
    expect(wanted(left)).toEqual([OWN]);
    expect(wishes.staleAddressesOf('xe0', left)).toEqual([COPY]);
  }
  // Somebody adds the same one once it is off.
  expect(wanted(tap(OWN))).toEqual([OWN]);
  expect(wanted(left)).toEqual([OWN, COPY]);
  expect(wishes.staleAddressesOf('xe0', left)).toEqual([]);
});
