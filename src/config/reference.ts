/** docs/configuration.md from the rows of the leaves. */

import { LEAVES, leavesOf, type PlacedLeaf, SECTIONS } from './sections.ts';

const INTRODUCTION = `# Configuration

<!-- Made from src/config/sections/ by \`npm run generate\`; change that, not this page. -->

The box reads one file, \`appliance.ini\`, from the root of its boot partition. An empty file is valid: everything then has its default. \`appliance check FILE\` reports all mistakes at once, as \`FILE:LINE: leaf: message\`.

\`\`\`ini
[vpp]
enabled = true

[vpp.dpdk.interface.0000:03:00.0]
name = xe0

[vpp.dpdk.interface.0000:03:00.1]
name = xe1

[fib.vpp]
enabled = true

[interface.xe0]
addresses = 192.0.2.1/24, 2001:db8:0:1::1/64

[interface.xe1]
addresses = 198.51.100.1/24

[route]
0.0.0.0/0 = 192.0.2.254
2001:db8:1000::/36 = fe80::1%xe0
203.0.113.0/24 = 198.51.100.2@2, 198.51.100.3@1%xe1
10.0.0.0/8 = blackhole
\`\`\`

## The file

- UTF-8, at most 1 MiB, lines of at most 4,096 characters, ended by LF or CRLF. A byte order mark and blanks at the ends of a line are accepted; control characters other than tab are not.
- \`[SECTION]\` begins a section, \`KEY = VALUE\` sets a key in it. Names are written exactly as here, in lower case. A section and a key may be given once only.
- A key ends at the first \`=\`: an IPv6 prefix is a key like any other.
- A line whose first character is \`#\` or \`;\` is a comment. After a value a comment begins with \`#\` or \`;\` after a blank or tab: \`name = xe0 ; uplink\`. Without the blank it is part of the value.
- A value may be in quotes, \`"…"\` (escapes as in JSON) or \`'…'\`, and may then have \`#\` and \`;\` anywhere. Outside quotes \`\\#\`, \`\\;\` and \`\\\\\` stand for the character.
- A leaf is named by its section and key: \`workers\` in \`[vpp.cpu]\` is \`vpp.cpu.workers\`.

## Types

- **boolean**: \`true\` or \`false\`, nothing else.
- **whole number**: decimal digits, without unit, sign or leading zeros.
- **size**: bytes, or with \`K\`, \`M\`, \`G\` (powers of 1,024): \`1G\`, \`1536M\`.
- **PCI address**: \`DOMAIN:BUS:DEVICE.FUNCTION\` in hexadecimal, in full: \`0000:03:00.0\`.
- **interface name**: a letter, then letters, digits, \`.\`, \`_\`, \`-\`; at most 15 characters.
- **namespace name**: letters, digits, \`.\`, \`_\`, \`-\`; at most 31 characters, not \`.\` or \`..\`.
- **host name**: RFC 1123; at most 64 characters.
- **version**: that of an image, \`MAJOR.MINOR.PATCH\` with an optional \`-suffix\` of lower-case letters, digits and dots: \`0.2.0\`, \`0.2.0-rc.1\`.
- **socket path**: absolute, without \`..\`, at most 107 bytes, without blanks, controls, quotes, \`{\`, \`}\`, \`#\`, \`\\\`. The two sockets differ from each other and from \`/run/vpp/cli.sock\`.
- **file path**: absolute, without \`..\`.
- **sequence number**: the key of a rule in \`[acl.NAME]\` and \`[macip.NAME]\`, 1–999999; rules are asked in the order of their numbers.
- **rule**, **MAC rule**: \`permit\` or \`deny\`, and which packets; the grammar is in [interfaces.md](interfaces.md#filters).
- **name** of a filter, a list or a port forward: a letter, then letters, digits, \`_\`, \`-\`; at most 31 characters.
- **command**: a program by its absolute path, and its arguments, with blanks between them. Quotes, \`"…"\` or \`'…'\`, keep a word with blanks together. There is no shell: no other character is special.
- **address**: IPv4 without leading zeros, or IPv6; of a host, so neither multicast nor unspecified nor loopback (a name server may be on loopback).
- **\`ADDRESS/LENGTH\`**: an address with the length of its subnet; not the network or broadcast address of the subnet, except in \`/31\`, \`/32\`, \`/127\`, \`/128\`. A link-local IPv6 address has \`/128\`. Subnets of different interfaces do not overlap.
- **\`HOST:PORT\`**: host is an address (IPv6 in brackets) or \`localhost\`; \`:PORT\` is every address of both families; port 0 lets the system choose.

## Routes

\`\`\`text
PREFIX = HOP[, …] [label L[/L…]] [metric N] [table N | vrf NAME]
PREFIX = blackhole | unreachable | prohibit [metric N] [table N | vrf NAME]
mpls LABEL = NEXT-HOP[%INTERFACE] [swap L[/L…] | pop]
\`\`\`

A \`HOP\` is \`NEXT-HOP[@WEIGHT][%INTERFACE]\`, or \`[@WEIGHT]%INTERFACE\` for an attached route: each destination is itself a neighbour on that interface, and is resolved there (ARP, neighbour discovery).

In the place of the interface may be a VRF, \`default\` being that of everything without one: each packet to \`%blue\` is looked up again in VRF blue, and \`192.0.2.1%blue\` is resolved through the routes and subnets of blue. So a route leaks from one VRF into another; [interfaces.md](interfaces.md#vrfs) has examples. Routes whose packets are looked up in a circle are refused.

Packets to a \`blackhole\` are dropped; for those to an \`unreachable\` or \`prohibit\` prefix the sender also gets an ICMP message, destination unreachable or administratively prohibited. Route feeds have the same grammar, see [routes.md](routes.md).

- The prefix has no host bits set and is not multicast. Two spellings of one prefix are a duplicate; each table may have a prefix once.
- A next hop has the family of its prefix; that of an IPv4 prefix may be IPv6 too (RFC 8950). A route has at most 16, each once.
- The weight, 1–255, default 1, is its share of the packets.
- The interface is one that the file names, by \`[interface.NAME]\` or as the \`name\` of a NIC. Without one the next hop is resolved through the other routes and the interfaces' subnets. A link-local IPv6 next hop needs one. VPP resolves a neighbour on an interface only when a network of the interface or an attached route contains its address: for a gateway outside them write both, \`172.31.1.1/32 = %xe0\` and \`0.0.0.0/0 = 172.31.1.1\`.
- \`label\` pushes 1–16 MPLS labels, each 0–1048575, the outermost first. VPP 25.02 imposes at most 12. 3 is implicit null, which no packet carries: omit it.
- \`metric\`, 0–4294967295, default 0: of two routes of one source to one destination the one with the lower metric wins.
- \`table\`, 0–4294967295: another table (VRF) than \`fib.vpp.table-id\`; \`vrf NAME\`: that of \`[vrf.NAME]\`.
- \`mpls LABEL\`, 16–1048575 (0–15 are reserved), is the label that packets arrive with. \`swap\` replaces it by other labels, the outermost first; \`pop\`, the default, removes it. There is one next hop, of either family, without a weight. The interface that packets arrive on has \`mpls = true\`.

## Leaves
`;

/** Text in a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function row({ leaf }: PlacedLeaf): string[] {
  const { key, type, required, absent = '', default: fallback, sentence, example } = leaf;
  const bounds = type.range === undefined || type.range === type.name ? '' : `, ${type.range}`;
  const omitted = required ? '(required)' : fallback === undefined ? absent : `\`${fallback}\``;
  return [`\`${key}\``, type.name + bounds, omitted, `${sentence}.`, `\`${example}\``].map(cell);
}

/** A Markdown table with its columns aligned, as the formatter wants it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head, ' '), line([], '-'), ...body.map((row) => line(row, ' '))].join('\n');
}

const READINESS = `## When a setting does not take effect

A setting that does not take effect fails a check of \`/readyz\`, which names it ([health.md](health.md)): this table shows which one.
`;

function readinessRow({ path, leaf: { fails, cannotFail } }: PlacedLeaf): string[] {
  const cells =
    fails === undefined ? ['-', `always takes effect: ${cannotFail}`] : [`\`${fails[0]}\``, fails[1]];
  return [`\`${path}\``, ...cells].map(cell);
}

/** The reference page: rules of the file, then every leaf by section. Same rows, same bytes. */
export function renderReference(): string {
  const parts = [INTRODUCTION];
  for (const section of SECTIONS) {
    const rows = [['Key', 'Type', 'Default', 'What it does', 'Example'], ...leavesOf(section).map(row)];
    parts.push(`### \`[${section.name}]\`\n\n${section.sentence}\n\n${table(rows)}\n`);
  }
  parts.push(READINESS, `${table([['Leaf', 'Check', 'Fails when'], ...LEAVES.map(readinessRow)])}\n`);
  return parts.join('\n');
}
