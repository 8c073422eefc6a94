/** Parts of BIRD's configuration that cases share. */

/** Devices, and the export of all learnt routes into the kernel; multipath as one route. */
export const BIRD_BASE = `log stderr all;
protocol device { scan time 1; }
protocol kernel kernel4 { ipv4 { import none; export where source != RTS_DEVICE; }; merge paths on; scan time 2; }
protocol kernel kernel6 { ipv6 { import none; export where source != RTS_DEVICE; }; merge paths on; scan time 2; }
`;

/** OSPFv2 and OSPFv3 with short timers; `stubs`: interfaces whose addresses are announced. */
export function birdOspf(interfaces: readonly string[], stubs: readonly string[] = []): string {
  const timers = 'type broadcast; hello 1; wait 3; dead 5; retransmit 2;';
  const lines = [
    ...interfaces.map((name) => `interface "${name}" { ${timers} };`),
    ...stubs.map((name) => `interface "${name}" { stub; };`),
  ].join(' ');
  return `protocol ospf v2 ospf4 { ipv4 { import all; export none; }; area 0 { ${lines} }; }
protocol ospf v3 ospf6 { ipv6 { import all; export where source = RTS_STATIC; }; area 0 { ${lines} }; }
`;
}

/** OSPFv3 ignores an interface without a link-local address: a prefix of the loopback is announced as a route. */
export function announced6(prefix: string): string {
  return `protocol static announced6 { ipv6; route ${prefix} blackhole; }\n`;
}
