import { describe, expect, test } from 'vitest';
import { computeCrc } from './crc.fixture.ts';
import { event, type MessageDef, reply, request } from './message.ts';
import { controlPing } from './messages/memclnt.ts';
import * as acl from './messages/acl.ts';
import * as bond from './messages/bond.ts';
import * as fib from './messages/fib.ts';
import * as gre from './messages/gre.ts';
import * as interfaces from './messages/interface.ts';
import * as ip from './messages/ip.ts';
import * as ipip from './messages/ipip.ts';
import * as l2 from './messages/l2.ts';
import * as lcp from './messages/lcp.ts';
import * as mpls from './messages/mpls.ts';
import * as mss from './messages/mss-clamp.ts';
import * as nat44 from './messages/nat44.ts';
import * as neighbor from './messages/neighbor.ts';
import * as placement from './messages/placement.ts';
import * as urpf from './messages/urpf.ts';
import * as vpe from './messages/vpe.ts';
import * as vxlan from './messages/vxlan.ts';
import { u32 } from './schema.ts';

function isMessage(value: unknown): value is MessageDef<unknown> {
  return typeof value === 'object' && value !== null && 'crc' in value && 'codec' in value;
}

const definitions = [
  controlPing,
  ...[
    acl,
    bond,
    fib,
    gre,
    interfaces,
    ip,
    ipip,
    l2,
    lcp,
    mpls,
    mss,
    nat44,
    neighbor,
    placement,
    urpf,
    vpe,
    vxlan,
  ].flatMap((family) => Object.values(family)),
]
  .filter(isMessage)
  .flatMap((def) => [def, def.reply, def.details].filter((one) => one !== undefined));

describe('every message definition matches its CRC', () => {
  for (const def of new Map(definitions.map((one) => [one.name, one])).values()) {
    test(`${def.name} ${def.crc.toString(16).padStart(8, '0')}`, () => {
      expect(computeCrc(def).toString(16)).toBe(def.crc.toString(16));
    });
  }

  test('the CRC depends on field, type and order', () => {
    const body = { first: u32, second: u32 };
    const crcs = [
      computeCrc(event('x', 0, body)),
      computeCrc(event('x', 0, { second: u32, first: u32 })),
      computeCrc(event('x', 0, { first: u32 })),
      computeCrc(reply('x', 0, body)),
      computeCrc(request('x', 0, body, reply('y', 0, {}))),
    ];
    expect(new Set(crcs).size).toBe(crcs.length);
  });
});
