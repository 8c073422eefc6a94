/** The MTU of an interface without a configured one, and of one with it. */
import type { FieldCase } from '../case.ts';
import { becomes, ping, reaches } from '../steps.ts';

export const cases: readonly FieldCase[] = [
  {
    name: 'mtu',
    shows:
      '1500 by default: 1500 bytes pass unfragmented, for 1501 the sender gets an ICMP error; mtu = 2000 carries 2000',
    seconds: 90,
    box: {
      addresses: { xe0: ['192.0.2.1/24', '2001:db8:1::1/64'], xe1: ['198.51.100.1/24', '2001:db8:2::1/64'] },
      mtu: { xe0: 2000 },
    },
    peers: [
      {
        name: 'near',
        links: [{ segment: 'xe0', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'], mtu: 2000 }],
        routes: ['default via 192.0.2.1', 'default via 2001:db8:1::1'],
      },
      {
        name: 'far',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24', '2001:db8:2::2/64'] }],
        routes: ['default via 198.51.100.1', 'default via 2001:db8:2::1'],
      },
    ],
    steps: [
      reaches('near', '192.0.2.1', 15, { bytes: 2000, whole: true }),
      reaches('near', '2001:db8:1::1', 15, { bytes: 2000, whole: true }),
      reaches('near', '198.51.100.2', 15, { bytes: 1500, whole: true }),
      reaches('near', '2001:db8:2::2', 15, { bytes: 1500, whole: true }),
      becomes('for 1501 bytes the sender gets the MTU of the next link', 10, async (field) => {
        const said = await ping(field, 'near', '198.51.100.2', { bytes: 1501, whole: true });
        return said !== true && /Frag needed and DF set \(mtu = 1500\)|message too long, mtu=1500/.test(said)
          ? true
          : String(said);
      }),
      becomes('the same with IPv6', 10, async (field) => {
        const said = await ping(field, 'near', '2001:db8:2::2', { bytes: 1501, whole: true });
        return said !== true && /Packet too big: mtu=1500|message too long, mtu: ?1500/.test(said)
          ? true
          : String(said);
      }),
      becomes('the interfaces report it', 10, async (field) => {
        const status = await field.box.status();
        const mtu = (name: string) => status?.interfaces.find((one) => one.name === name)?.mtuBytes;
        return mtu('xe0') === 2000 && mtu('xe1') === 1500 ? true : `xe0 has ${mtu('xe0')}, xe1 ${mtu('xe1')}`;
      }),
      becomes('the links that daemons see have it', 10, async (field) => {
        const { text } = await field.box.inside('ip -o link show xe0; ip -o link show xe1');
        return /xe0: .* mtu 2000 [^]*xe1: .* mtu 1500 /.test(text) ? true : text;
      }),
    ],
  },
];
