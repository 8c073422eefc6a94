/** LLDP, whose frames are not IP: VPP passes them to Linux from 25.06 on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldCase } from '../case.ts';
import type { Field } from '../field.ts';
import { becomes, type Finding, holds } from '../steps.ts';

/** IEEE 802.1AB: chassis (a MAC address), port (a name), time to live, end. */
const FRAME = Buffer.concat([
  Buffer.from('0180c200000e02fd00000a0188cc', 'hex'),
  Buffer.from('02070402fd00000a01', 'hex'),
  Buffer.from('040707', 'hex'),
  Buffer.from('port-1'),
  Buffer.from('060200780000', 'hex'),
]);

/** One frame in the file format of libpcap 2.4. */
function captureOf(frame: Buffer): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(65_535, 16);
  bytes.writeUInt32LE(1, 20);
  for (const at of [32, 36]) bytes.writeUInt32LE(frame.length, at);
  return Buffer.concat([bytes, frame]);
}

const LISTEN = 'timeout 8 tcpdump -Z root -i xe0 -c 1 -nn -v ether proto 0x88cc';
const HEARD = /port-1/;

/** One side listens, then the other sends. */
async function heard(
  listen: () => Promise<{ readonly text: string }>,
  send: () => Promise<unknown>,
): Promise<Finding> {
  const [{ text }] = await Promise.all([listen(), sleep(2_500).then(send)]);
  return holds(text, HEARD);
}

const CAPTURE = '/run/field/lldp.pcap';

export const cases: readonly FieldCase[] = [
  {
    name: 'lldp',
    shows: 'LLDP frames of a peer reach the TAP, and those of the box the peer',
    seconds: 90,
    unless: ({ label }) =>
      label === 'VPP 25.02' ? 'VPP 25.02 cannot pass ethertypes to Linux; 25.06 can' : undefined,
    box: { addresses: { xe0: ['192.0.2.1/24'] } },
    peers: [{ name: 'near', links: [{ segment: 'xe0', addresses: ['192.0.2.2/24'] }] }],
    steps: [
      becomes('the box receives from the peer', 40, (field: Field) => {
        const file = join(field.scratch, 'lldp.pcap');
        writeFileSync(file, captureOf(FRAME));
        const near = field.peer('near');
        return heard(
          () => field.box.inside(`${LISTEN} 2>&1`),
          () => near.run(`tcpreplay -i xe0 ${file}`),
        );
      }),
      becomes('the peer receives from the box', 40, async (field: Field) => {
        const text = captureOf(FRAME).toString('base64');
        await field.box.run(`mkdir -p /run/field; echo ${text} | base64 -d >${CAPTURE}`);
        return heard(
          () => field.peer('near').shell(LISTEN),
          () => field.box.inside(`tcpreplay -i xe0 ${CAPTURE} 2>&1`),
        );
      }),
    ],
  },
];
