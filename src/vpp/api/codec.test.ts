/** Codecs: values survive a round trip; layouts are VPP's, written by hand and not by our encoder. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VppApiError } from './errors.ts';
import { FIB_PATH_BYTES, fibPath, fibPathCodec } from './fib-path.ts';
import type { MessageDef } from './message.ts';
import * as interfaces from './messages/interface.ts';
import * as ip from './messages/ip.ts';
import * as lcp from './messages/lcp.ts';
import { showVersionRequest } from './messages/vpe.ts';
import type { Codec, ReadCursor } from './schema.ts';
import * as schema from './schema.ts';
import { encodeRequest } from './send-many.ts';
import * as types from './types.ts';

function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.lengthOf(value));
  const cursor = { bytes, view: new DataView(bytes.buffer), offset: 0 };
  codec.write(cursor, value);
  expect(cursor.offset).toBe(bytes.length);
  return bytes;
}

function cursorOver(bytes: Uint8Array, offset = 0, end = bytes.length): ReadCursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset, end };
}

function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const cursor = cursorOver(bytes);
  const value = codec.read(cursor);
  expect(cursor.offset).toBe(bytes.length);
  return value;
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 255 });
const index = u32.map(types.swIfIndex);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const string = (max: number) =>
  fc.string({ unit: 'grapheme' }).filter((text) => Buffer.byteLength(text) < max && !text.includes('\0'));
const mac = bytes(6).map((raw) =>
  Buffer.from(raw)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1:'),
);
const address = fc.oneof(
  bytes(4).map((raw) => ({ family: 4 as const, bytes: raw })),
  bytes(16).map((raw) => ({ family: 6 as const, bytes: raw })),
);
const prefix = fc.record({ address, len: u8 });
const path = fc
  .record({
    swIfIndex: index,
    tableId: u32,
    rpfId: u32,
    weight: u8,
    preference: u8,
    type: fc.integer({ min: 0, max: 10 }),
    flags: fc.integer({ min: 0, max: 7 }),
    proto: fc.constantFrom(0, 1),
    viaLabel: u32,
    objId: u32,
    classifyTableIndex: u32,
    labels: fc.array(fc.record({ label: u32, ttl: u8, exp: u8, isUniform: u8 }), { maxLength: 16 }),
    nextHop: bytes(16),
  })
  .map((one) => ({ ...one, nextHop: one.proto === 0 ? one.nextHop.slice(0, 4) : one.nextHop }));
const route = fc.record({
  tableId: u32.map(types.tableId),
  statsIndex: u32,
  prefix,
  paths: fc.array(path, { maxLength: 20 }),
});
const table = fc.record({ tableId: u32.map(types.tableId), isIp6: fc.boolean(), name: string(64) });

describe('encoded values decode to the same', () => {
  const roundTrip = <T>(name: string, def: { readonly codec: Codec<T> }, values: fc.Arbitrary<T>) =>
    test(name, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(decode(def.codec, encode(def.codec, value))).toEqual(value);
        }),
        { numRuns: 200 },
      );
    });

  roundTrip(
    'ip_route_add_del',
    ip.ipRouteAddDel,
    fc.record({ isAdd: fc.boolean(), isMultipath: fc.boolean(), route }),
  );
  roundTrip('ip_table_add_del', ip.ipTableAddDel, fc.record({ isAdd: fc.boolean(), table }));
  roundTrip(
    'sw_interface_dump',
    interfaces.swInterfaceDump,
    fc.record({ swIfIndex: index, nameFilterValid: fc.boolean(), nameFilter: string(200) }),
  );
  roundTrip(
    'sw_interface_set_mtu',
    interfaces.swInterfaceSetMtu,
    fc.record({ swIfIndex: index, mtu: fc.array(u32, { minLength: 4, maxLength: 4 }) }),
  );
  roundTrip(
    'sw_interface_add_del_address',
    interfaces.swInterfaceAddDelAddress,
    fc.record({ swIfIndex: index, isAdd: fc.boolean(), delAll: fc.boolean(), prefix }),
  );
  roundTrip(
    'create_loopback_instance',
    interfaces.createLoopbackInstance,
    fc.record({ macAddress: mac, isSpecified: fc.boolean(), userInstance: u32 }),
  );
  roundTrip(
    'lcp_itf_pair_add_del_v2',
    lcp.lcpItfPairAddDelV2,
    fc.record({
      isAdd: fc.boolean(),
      swIfIndex: index,
      hostIfName: string(16),
      hostIfType: fc.constantFrom(0, 1),
      netns: string(32),
    }),
  );
  roundTrip('hw_interface_set_mtu', interfaces.hwInterfaceSetMtu, fc.record({ swIfIndex: index, mtu: u16 }));
  roundTrip('fib_path', { codec: fibPathCodec }, path);

  test('u64, f64, i32 and signs', () => {
    expect([...encode(schema.u64, 0x0102_0304_0506_0708n)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...encode(schema.f64, 1)]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    expect([...encode(schema.i32, -2)]).toEqual([255, 255, 255, 254]);
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        (value) => decode(schema.f64, encode(schema.f64, value)) === value,
      ),
    );
  });
});

describe('layouts', () => {
  test('sizes are those of VPP, header included', () => {
    const size = (def: MessageDef<unknown>) => (def.codec.sizeBytes ?? 0) + (def.kind === 'request' ? 10 : 6);
    expect(size(ip.ipTableAddDel)).toBe(80);
    expect(size(ip.ipRouteDump)).toBe(79);
    expect(size(ip.ipRouteV2Dump)).toBe(80);
    expect(size(ip.ipRouteLookup)).toBe(33);
    expect(size(interfaces.swInterfaceDetails)).toBe(295);
    expect(size(interfaces.wantInterfaceEventsRequest)).toBe(18);
    expect(size(interfaces.swInterfaceSetFlags)).toBe(18);
    expect(size(interfaces.swInterfaceSetMtu)).toBe(30);
    expect(size(interfaces.hwInterfaceSetMtu)).toBe(16);
    expect(size(interfaces.swInterfaceAddDelAddress)).toBe(34);
    expect(size(interfaces.swInterfaceSetTable)).toBe(19);
    expect(size(interfaces.swInterfaceTagAddDel)).toBe(79);
    expect(size(interfaces.createLoopbackInstance)).toBe(21);
    expect(size(interfaces.deleteLoopbackRequest)).toBe(14);
    expect(size(lcp.lcpItfPairAddDelV2)).toBe(64);
    expect(size(lcp.lcpItfPairGet)).toBe(14);
    expect(size(showVersionRequest.reply)).toBe(6 + 4 + 32 + 32 + 32 + 256);
  });

  test('a route with two paths, byte by byte', () => {
    const change = {
      isAdd: true,
      isMultipath: false,
      route: {
        tableId: types.tableId(7),
        statsIndex: 0,
        prefix: { address: { family: 4 as const, bytes: Uint8Array.of(192, 0, 2, 0) }, len: 24 },
        paths: [
          fibPath({ nextHop: Uint8Array.of(10, 0, 0, 1), swIfIndex: types.swIfIndex(3), weight: 5 }),
          fibPath({
            nextHop: new Uint8Array(16).fill(0xab),
            labels: [{ label: 100, ttl: 64, exp: 1, isUniform: 1 }],
          }),
        ],
      },
    };
    const expected = Buffer.alloc(39 + 2 * FIB_PATH_BYTES);
    expected[10] = 1;
    expected.writeUInt32BE(7, 12);
    expected.set([0, 192, 0, 2, 0], 20);
    expected[37] = 24;
    expected[38] = 2;
    const first = expected.subarray(39);
    first.writeUInt32BE(3, 0);
    first.writeUInt32BE(0xffff_ffff, 8);
    first[12] = 5;
    first.set([10, 0, 0, 1], 26);
    const second = first.subarray(FIB_PATH_BYTES);
    second.writeUInt32BE(0xffff_ffff, 0);
    second.writeUInt32BE(0xffff_ffff, 8);
    second[12] = 1;
    second.writeUInt32BE(1, 22);
    second.fill(0xab, 26, 42);
    second[54] = 1;
    second.set([1, 0, 0, 0, 100, 64, 1], 55);
    const encoded = Buffer.from(encodeRequest(ip.ipRouteAddDel, change));
    expect(encoded.toString('hex')).toBe(expected.toString('hex'));
    const [path] = change.route.paths;
    expect(path && Buffer.from(encode(fibPathCodec, path)).equals(first.subarray(0, FIB_PATH_BYTES))).toBe(
      true,
    );
  });
});

describe('bounds', () => {
  const code = (call: () => unknown): string => {
    try {
      call();
      return 'ok';
    } catch (error) {
      return error instanceof VppApiError ? error.code : String(error);
    }
  };

  test('a truncated frame is a protocol violation, never a wrong value', () => {
    fc.assert(
      fc.property(route, fc.nat(), (value, cut) => {
        const whole = encode(ip.ipRoute, value);
        const bytes = new Uint8Array(whole.length + 64);
        bytes.set(whole);
        const end = cut % whole.length;
        expect(code(() => ip.ipRoute.read(cursorOver(bytes, 0, end)))).toBe('protocol');
      }),
    );
  });

  test('random bytes are decoded or refused, without any other error', () => {
    const defs = [ip.ipRouteDump.details, interfaces.swInterfaceDetails, lcp.lcpItfPairGet.details];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        for (const { codec } of defs)
          expect(code(() => codec.read(cursorOver(noise)))).toMatch(/^(ok|protocol)$/);
      }),
    );
  });

  test('a value that does not fit is refused and quoted', () => {
    expect(code(() => encode(schema.fixedString(4), 'four'))).toBe('encode');
    expect(code(() => encode(schema.fixedString(8), 'a\0b'))).toBe('encode');
    expect(code(() => encode(schema.u8, 256))).toBe('encode');
    expect(code(() => encode(schema.u32, -1))).toBe('encode');
    expect(code(() => encode(schema.u32, 1.5))).toBe('encode');
    expect(code(() => encode(types.macAddress, 'de:ad'))).toBe('encode');
    expect(code(() => encode(types.address, { family: 6, bytes: new Uint8Array(4) }))).toBe('encode');
    const labels = Array.from({ length: 17 }, () => ({ label: 1, ttl: 1, exp: 0, isUniform: 0 }));
    expect(code(() => encode(fibPathCodec, fibPath({ labels })))).toBe('encode');
    expect(code(() => types.swIfIndex(2 ** 32))).toBe('encode');
    expect(() => encode(schema.u8, 256)).toThrow('256 is out of range for u8 (0–255)');
  });

  test('more paths than the count field holds are refused', () => {
    const paths = Array.from({ length: 256 }, () => fibPath({ nextHop: Uint8Array.of(1, 2, 3, 4) }));
    const value = {
      tableId: types.tableId(0),
      statsIndex: 0,
      prefix: { address: { family: 4 as const, bytes: Uint8Array.of(1, 2, 3, 0) }, len: 24 },
      paths,
    };
    expect(code(() => encode(ip.ipRoute, value))).toBe('encode');
  });
});
