import { describe, expect, it } from 'vitest';
import { parseAddress } from '../config/mod.ts';
import type { NextHop, RouteAction } from '../config/types.ts';
import {
  FibPathProto,
  FibPathType,
  fibPath,
  labelStack,
  MplsPayload,
  mplsRouteAddDel,
  mplsRouteBody,
  NO_INTERFACE,
  ipRouteAddDel,
  routeBody,
  swIfIndex,
  tableId,
} from '../vpp/api/mod.ts';
import { NextHopGroups } from './next-hop-groups.ts';
import { ADDRESS_OFFSET, LABEL_OFFSET, LENGTH_OFFSET, type Template, VppTemplates } from './vpp-templates.ts';

const XE0 = swIfIndex(3);

function make(known: Record<string, number> = { xe0: 3 }): {
  groups: NextHopGroups;
  templates: VppTemplates;
} {
  const groups = new NextHopGroups();
  const templates = new VppTemplates(groups, {
    interface: (name) => (name in known ? swIfIndex(known[name]!) : undefined),
    vrf: (name) => (name === 'blue' ? 20 : undefined),
    tableOf: (name) => (name === 'xe1' ? 20 : 7),
    connected: (address) => (address.startsWith('192.0.2.') ? 'xe0' : undefined),
  });
  return { groups, templates };
}

/** What the message's own schema makes of a body, with 10 bytes of header in front. */
function encoded<Body>(
  def: { codec: { lengthOf: (body: Body) => number; write: (cursor: never, body: Body) => void } },
  body: Body,
): Uint8Array {
  const bytes = new Uint8Array(10 + def.codec.lengthOf(body));
  def.codec.write({ bytes, view: new DataView(bytes.buffer), offset: 10 } as never, body);
  return bytes;
}

const hop = (address: string, name?: string, weight = 1) =>
  ({ family: address.includes(':') ? 6 : 4, address, weight, interface: name }) as const;
const bytesOfTemplate = (template: Template): Uint8Array => {
  if (typeof template === 'string') throw new Error(template);
  return template.bytes;
};
const bytesOf = (address: string): Uint8Array => parseAddress(address)!.bytes;

describe('a template with its destination put in', () => {
  it('has the destination where ip.api and mpls.api put it', () => {
    expect([ADDRESS_OFFSET, LENGTH_OFFSET, LABEL_OFFSET]).toEqual([21, 37, 16]);
  });

  it('is the request that the schema makes: two weighted paths, one recursive in the route’s own table', () => {
    const { groups, templates } = make();
    const action: RouteAction = {
      kind: 'forward',
      nextHops: [hop('192.0.2.1', 'xe0', 3), hop('192.0.2.2')],
      labels: [],
    };
    const group = groups.intern(4, action);
    const template = bytesOfTemplate(templates.of(templates.table(4, 7), group));
    new DataView(template.buffer).setUint32(ADDRESS_OFFSET, 0x0a00_0000);
    template[LENGTH_OFFSET] = 8;
    const body = routeBody({
      isAdd: true,
      tableId: tableId(7),
      prefix: { family: 4, address: '10.0.0.0', length: 8 },
      paths: [
        fibPath({ nextHop: bytesOf('192.0.2.1'), swIfIndex: XE0, weight: 3, tableId: 7 }),
        fibPath({ nextHop: bytesOf('192.0.2.2'), swIfIndex: NO_INTERFACE, tableId: 7 }),
      ],
    });
    expect(template).toEqual(encoded(ipRouteAddDel, body));
  });

  it('is the request that the schema makes: IPv6 unreachable, and a removal', () => {
    const { groups, templates } = make();
    const prefix = { family: 6, address: '2001:db8::', length: 32 } as const;
    const fill = (template: Uint8Array): Uint8Array => {
      new DataView(template.buffer).setUint32(ADDRESS_OFFSET, 0x2001_0db8);
      template[LENGTH_OFFSET] = 32;
      return template;
    };
    const group = groups.intern(6, { kind: 'unreachable' });
    const add = fill(bytesOfTemplate(templates.of(templates.table(6, 0), group)));
    const paths = [fibPath({ proto: FibPathProto.ip6, type: FibPathType.icmpUnreachable })];
    const base = { tableId: tableId(0), prefix };
    expect(add).toEqual(encoded(ipRouteAddDel, routeBody({ ...base, isAdd: true, paths })));
    const removal = fill(bytesOfTemplate(templates.of(templates.table(6, 0), 0)));
    expect(removal).toEqual(encoded(ipRouteAddDel, routeBody({ ...base, isAdd: false, paths: [] })));
  });

  it('is the request that the schema makes: a label popped, at the end of the stack and before it', () => {
    const { groups, templates } = make();
    const group = groups.intern('mpls', { kind: 'forward', nextHops: [hop('192.0.2.1', 'xe0')], labels: [] });
    for (const isEndOfStack of [true, false]) {
      const template = bytesOfTemplate(templates.of(templates.table('mpls', 0, isEndOfStack), group));
      new DataView(template.buffer).setUint32(LABEL_OFFSET, 100);
      const body = mplsRouteBody({
        isAdd: true,
        tableId: tableId(0),
        label: 100,
        isEndOfStack,
        payload: MplsPayload.ip4,
        paths: [
          fibPath({
            nextHop: bytesOf('192.0.2.1'),
            swIfIndex: XE0,
            labels: labelStack(isEndOfStack ? [] : [3]),
          }),
        ],
      });
      expect(template).toEqual(encoded(mplsRouteAddDel, body));
    }
  });
});

describe('the paths of each shape', () => {
  it('are those of the schema: attached, over IPv6 neighbours, drop, unreachable and prohibit', () => {
    const { groups, templates } = make({ xe0: 3, xe1: 4 });
    const on = (family: 4 | 6, name: string, weight = 1) =>
      ({ family, address: undefined, weight, interface: name }) as const;
    const forward = (...nextHops: NextHop[]): RouteAction => ({ kind: 'forward', nextHops, labels: [] });
    const { ip4, ip6 } = FibPathProto;
    for (const [family, action, paths] of [
      [4, forward(on(4, 'xe0')), [fibPath({ proto: ip4, swIfIndex: XE0 })]],
      [6, forward(on(6, 'xe0', 5)), [fibPath({ proto: ip6, swIfIndex: XE0, weight: 5 })]],
      [
        4,
        forward(hop('fe80::1', 'xe0')),
        [fibPath({ nextHop: bytesOf('fe80::1'), swIfIndex: XE0, tableId: 7 })],
      ],
      [4, forward(hop('2001:db8::1')), [fibPath({ nextHop: bytesOf('2001:db8::1'), tableId: 7 })]],
      [
        4,
        forward(on(4, 'xe0'), hop('192.0.2.1', 'xe0')),
        [
          fibPath({ proto: ip4, swIfIndex: XE0 }),
          fibPath({ nextHop: bytesOf('192.0.2.1'), swIfIndex: XE0, tableId: 7 }),
        ],
      ],
      [4, forward(on(4, 'blue', 3)), [fibPath({ proto: ip4, tableId: 20, weight: 3 })]],
      // In another VRF: VPP would die with its table.
      [4, forward(on(4, 'xe1')), [fibPath({ proto: ip4, tableId: 20 })]],
      [
        4,
        forward(hop('192.0.2.1', 'xe1')),
        [fibPath({ nextHop: bytesOf('192.0.2.1'), swIfIndex: swIfIndex(4), tableId: 7 })],
      ],
      [6, forward(on(6, 'blue')), [fibPath({ proto: ip6, tableId: 20 })]],
      [4, forward(hop('192.0.2.1', 'blue')), [fibPath({ nextHop: bytesOf('192.0.2.1'), tableId: 20 })]],
      [4, { kind: 'blackhole' }, [fibPath({ proto: ip4, type: FibPathType.drop })]],
      [6, { kind: 'prohibit' }, [fibPath({ proto: ip6, type: FibPathType.icmpProhibit })]],
    ] as const) {
      const group = groups.intern(family, action);
      const template = bytesOfTemplate(templates.of(templates.table(family, 7), group));
      const prefix = { family, address: family === 4 ? '0.0.0.0' : '::', length: 0 } as const;
      const body = routeBody({ isAdd: true, tableId: tableId(7), prefix, paths: [...paths] });
      expect(template).toEqual(encoded(ipRouteAddDel, body));
    }
    expect(groups.action(groups.intern(4, forward(on(4, 'xe0'))))).toEqual(forward(on(4, 'xe0')));
  });
});

describe('a refusal by ICMP in VPP before 26.02', () => {
  it('has a path with a next hop beside it, unless it is of a label', () => {
    const { groups, templates } = make();
    templates.takesIcmpForAttached = true;
    const lengths = ([4, 6, 'mpls'] as const).map((family) => {
      const group = groups.intern(family, { kind: 'unreachable' });
      return bytesOfTemplate(templates.of(templates.table(family, 0, true), group)).length;
    });
    expect(lengths).toEqual([39 + 2 * 167, 39 + 2 * 167, 24 + 167]);
  });
});

describe('what cannot be sent now', () => {
  it('says so: an interface that VPP lacks, a label over a next hop that is nowhere', () => {
    const { groups, templates } = make();
    const word = (action: RouteAction): unknown =>
      templates.of(templates.table(4, 0), groups.intern(4, action));
    expect(word({ kind: 'forward', nextHops: [hop('192.0.2.1', 'xe9')], labels: [] })).toBe(
      'VPP has no interface xe9',
    );
    expect(word({ kind: 'forward', nextHops: [hop('203.0.113.1')], labels: [100] })).toMatch(
      /a label needs the interface of 203\.0\.113\.1/,
    );
    expect(word({ kind: 'forward', nextHops: [hop('192.0.2.1')], labels: [100] })).toEqual({
      bytes: expect.any(Uint8Array),
      trust: 'unknown',
    });
    const two = [hop('192.0.2.1', 'xe0'), hop('192.0.2.9', 'xe9')];
    const action: RouteAction = { kind: 'forward', nextHops: two, labels: [] };
    expect(word(action)).toBe('VPP has no interface xe9');
    expect(templates.missing(groups.intern(4, action))).toEqual([
      { hop: two[1], reason: 'VPP has no interface xe9' },
    ]);
  });

  it('is told of: the groups over an interface that moved, once', () => {
    const known: Record<string, number> = { xe0: 3 };
    const { groups, templates } = make(known);
    const over = groups.intern(4, { kind: 'forward', nextHops: [hop('192.0.2.1', 'xe0')], labels: [] });
    const plain = groups.intern(4, { kind: 'forward', nextHops: [hop('192.0.2.1')], labels: [] });
    for (const group of [over, plain]) templates.of(templates.table(4, 0), group);
    expect(templates.interfacesChanged()).toEqual(new Set());
    known['xe0'] = 4;
    expect(templates.interfacesChanged()).toEqual(new Set([over]));
    expect(templates.interfacesChanged()).toEqual(new Set());
  });
});
