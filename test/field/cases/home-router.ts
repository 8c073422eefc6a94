/** A home router: NAT, a filter, a port forward, and DHCP for the LAN. */
import type { FieldCase, Step } from '../case.ts';
import { bird, dnsmasq, iperfServer } from '../daemons.ts';
import { killVpp } from '../kill-vpp.ts';
import { becomes, holds, losesSight, reaches, type Finding } from '../steps.ts';
import type { Field } from '../field.ts';

/** What the server of `iperf3` says of its client. */
async function transfer(field: Field, from: string, to: string, port = 5201): Promise<Finding> {
  const line = `iperf3 --client ${to} --port ${port} --bytes 256K --json --connect-timeout 2000 --get-server-output`;
  const { code, text } = await field.host(from).run(line, 20_000);
  return code === 0 ? text : `exit code ${code}: ${text.slice(0, 600)}`;
}

/** VPP's NAT drops what it receives with a TTL of 1, as BGP between neighbours sends it by default. */
const WAN_BIRD = bird(`router id 198.51.100.2;
protocol device {}
protocol kernel { ipv4 { export all; import none; }; }
protocol bgp box { local 198.51.100.2 as 65002; neighbor 198.51.100.1 as 65001; multihop 2; ipv4 { import all; export all; }; }
`);
const BOX_BIRD = bird(`router id 198.51.100.1;
protocol device {}
protocol kernel { ipv4 { export none; import none; }; }
protocol bgp isp { local 198.51.100.1 as 65001; neighbor 198.51.100.2 as 65002; multihop 2; ipv4 { import all; export none; }; }
`);

/** busybox gives its client no script: this one makes what a lease says. */
const LEASE_SCRIPT = `#!/usr/bin/busybox sh
case $1 in
bound | renew)
  /bin/ip address flush dev $interface scope global
  /bin/ip address add $ip/$mask dev $interface
  /bin/ip route replace default via $router
  echo nameserver $dns >/etc/resolv.conf
  ;;
esac`;

async function takesLease({ linux }: Field): Promise<Finding> {
  await linux.shell(`cat >/tmp/lease <<'END'\n${LEASE_SCRIPT}\nEND\nchmod +x /tmp/lease`);
  const { text } = await linux.shell('busybox udhcpc -i xe0 -f -q -n -t 4 -T 1 -s /tmp/lease', 20_000);
  return holds(text, /lease of 192\.168\.1\.1\d\d obtained/);
}

/** The Linux client resolves a name by the box, which asks the provider, and opens a TCP connection to it. */
const usesNames = (withinS: number): Step =>
  becomes('the client resolves a name and has a TCP connection to it', withinS, async (field) => {
    const { text } = await field.linux.run('busybox nslookup www.example.net 192.168.1.1', 10_000);
    if (!/203\.0\.113\.1\b/.test(text)) return text;
    // From the address that the provider has leased.
    return holds(String(await transfer(field, 'linux', 'www.example.net')), /198\.51\.100\.[56]\d\b/);
  });

export const cases: readonly FieldCase[] = [
  {
    name: 'home-network',
    shows:
      'a home: a WAN by DHCP, two LAN ports in a bridge, a VLAN for guests, and a Linux client with a lease, names and TCP through the NAT; guests reach the Internet and not the LAN; a kill of VPP changes nothing',
    seconds: 300,
    planes: ['vpp'],
    box: {
      addresses: {
        xe0: [],
        xe1: [],
        xe2: [],
        xe3: [],
        lan: ['192.168.1.1/24'],
        'xe3.20': ['192.168.20.1/24'],
      },
      keys: {
        xe2: 'dhcp = true\nnat = outside\nmss-clamp = auto',
        lan: 'nat = inside',
        'xe3.20': 'nat = inside\nacl-in = guests',
      },
      ini: `[bridge.lan]
members = xe0, xe1
[nat44]
enabled = true
masquerade = xe2
[acl.guests]
10 = deny any to 192.168.1.0/24
20 = permit any stateful
`,
      daemons: [
        dnsmasq(`no-resolv
no-hosts
server=198.51.100.2
interface=lan
interface=xe3.20
except-interface=lo
bind-dynamic
dhcp-range=192.168.1.100,192.168.1.150,255.255.255.0,1h
dhcp-range=192.168.20.100,192.168.20.150,255.255.255.0,1h
dhcp-authoritative
no-ping
`),
      ],
    },
    linux: { segments: ['xe0'], setup: ['ip link set xe0 up'] },
    peers: [
      { name: 'printer', links: [{ segment: 'xe1', addresses: ['192.168.1.9/24'] }] },
      {
        name: 'guest',
        links: [{ segment: 'xe3', addresses: ['192.168.20.2/24'], tags: ['8100:20'] }],
        routes: ['default via 192.168.20.1'],
      },
      {
        name: 'provider',
        links: [{ segment: 'xe2', addresses: ['198.51.100.2/24'] }],
        loopbacks: ['203.0.113.1/32'],
        daemons: [
          dnsmasq(`no-resolv
no-hosts
interface=xe2
bind-interfaces
dhcp-range=198.51.100.50,198.51.100.60,255.255.255.0,1h
address=/www.example.net/203.0.113.1
dhcp-authoritative
no-ping
`),
          iperfServer(),
        ],
      },
    ],
    steps: [
      becomes('the WAN has a lease', 60, async (field) =>
        holds(JSON.stringify((await field.box.status())?.wans), /"bound"/),
      ),
      becomes('the client of the LAN has a lease', 60, takesLease),
      reaches('linux', '203.0.113.1', 20),
      usesNames(30),
      reaches('linux', '192.168.1.9', 20),
      becomes('a guest gets a lease of its network', 30, async (field) => {
        const line = 'busybox udhcpc -i xe3 -f -q -n -t 4 -T 1 -s /bin/true';
        return holds(
          (await field.peer('guest').run(line, 20_000)).text,
          /lease of 192\.168\.20\.1\d\d obtained/,
        );
      }),
      reaches('guest', '203.0.113.1', 20),
      losesSight('guest', '192.168.1.9', 5),
      ...killVpp(),
      reaches('linux', '203.0.113.1', 60),
      usesNames(30),
      reaches('linux', '192.168.1.9', 20),
      reaches('guest', '203.0.113.1', 20),
      losesSight('guest', '192.168.1.9', 5),
      becomes('the lease of the WAN is still there', 5, async (field) =>
        holds(JSON.stringify((await field.box.status())?.wans), /"bound"/),
      ),
    ],
  },
  {
    name: 'home-router',
    shows:
      'a LAN behind one address: a lease, TCP and ping to a server that knows no way back, a port forward, a filter, BGP of the box itself; what comes unasked is dropped, and a kill of VPP changes nothing',
    seconds: 240,
    planes: ['vpp'],
    box: {
      addresses: { xe0: ['192.168.1.1/24'], xe1: ['198.51.100.1/24'] },
      keys: { xe0: 'nat = inside\nacl-in = lan', xe1: 'nat = outside' },
      ini: `[nat44]
enabled = true
masquerade = xe1
[port-forward.speed]
protocol = tcp
external = xe1:8080
internal = 192.168.1.2:5201
[acl.lan]
10 = deny icmp to 198.51.100.3
20 = permit any stateful
`,
      daemons: [
        dnsmasq(`port=0
interface=xe0
bind-interfaces
dhcp-range=192.168.1.100,192.168.1.150,255.255.255.0,1h
dhcp-authoritative
no-ping
`),
        BOX_BIRD,
      ],
    },
    peers: [
      {
        name: 'lan',
        links: [{ segment: 'xe0', addresses: ['192.168.1.2/24'] }],
        routes: ['default via 192.168.1.1'],
        daemons: [iperfServer()],
      },
      {
        name: 'server',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'] }],
        daemons: [iperfServer(), WAN_BIRD],
      },
      { name: 'forbidden', links: [{ segment: 'xe1', addresses: ['198.51.100.3/24'] }] },
    ],
    steps: [
      becomes('a host of the LAN gets a lease', 40, async (field) => {
        const { text } = await field.peer('lan').run('busybox udhcpc -i xe0 -f -q -n -t 4 -T 1 -s /bin/true');
        return /lease of 192\.168\.1\.1\d\d obtained/.test(text) ? true : text;
      }),
      reaches('lan', '198.51.100.2'),
      becomes('TCP reaches the server under the address of the box', 30, async (field) =>
        holds(String(await transfer(field, 'lan', '198.51.100.2')), /198\.51\.100\.1\b/),
      ),
      becomes('the port forward leads into the LAN', 30, async (field) =>
        holds(String(await transfer(field, 'server', '198.51.100.1', 8080)), /"sum_received"/),
      ),
      losesSight('lan', '198.51.100.3', 5),
      reaches('forbidden', '198.51.100.1'),
      becomes('what comes unasked does not reach the LAN', 10, async (field) => {
        await field.peer('server').run('ip route replace 192.168.1.0/24 via 198.51.100.1');
        const { code, text } = await field.peer('server').run('ping -n -c 2 -W 1 192.168.1.2');
        return code === 0 ? text : true;
      }),
      becomes('the box’s own BGP session through the outside address is up', 60, async (field) =>
        holds(await field.askBox('bird', 'show protocols'), /isp .*Established/),
      ),
      ...killVpp(),
      reaches('lan', '198.51.100.2', 60),
      becomes('TCP goes on', 30, async (field) =>
        holds(String(await transfer(field, 'lan', '198.51.100.2')), /198\.51\.100\.1\b/),
      ),
      losesSight('lan', '198.51.100.3', 5),
    ],
  },
  {
    name: 'wan-dhcp',
    shows:
      'the WAN has its address, a classless route and the default route from a DHCP server; the LAN reaches the Internet by NAT; a kill of VPP keeps the lease',
    seconds: 240,
    planes: ['vpp'],
    box: {
      addresses: { xe0: ['192.168.1.1/24'] },
      keys: { xe0: 'nat = inside', xe1: 'nat = outside\ndhcp = true' },
      ini: '[nat44]\nenabled = true\nmasquerade = xe1\n',
    },
    peers: [
      {
        name: 'lan',
        links: [{ segment: 'xe0', addresses: ['192.168.1.2/24'] }],
        routes: ['default via 192.168.1.1'],
      },
      {
        name: 'provider',
        links: [{ segment: 'xe1', addresses: ['198.51.100.2/24'] }],
        loopbacks: ['203.0.113.1/32', '10.77.0.1/32'],
        daemons: [
          dnsmasq(`port=0
interface=xe1
bind-interfaces
dhcp-range=198.51.100.50,198.51.100.60,255.255.255.0,1h
dhcp-option=121,10.77.0.0/16,198.51.100.2,0.0.0.0/0,198.51.100.2
dhcp-authoritative
no-ping
`),
        ],
      },
    ],
    steps: [
      becomes('the WAN has a lease', 60, async (field) => {
        const status = await field.box.status();
        const wan = status?.interfaces.find(({ name }) => name === 'xe1');
        return holds(JSON.stringify([status?.wans, wan?.addresses]), /"bound"/, /"198\.51\.100\.\d+\/24"\]/);
      }),
      reaches('lan', '198.51.100.2', 20),
      reaches('lan', '203.0.113.1', 20),
      reaches('lan', '10.77.0.1', 20),
      becomes('Linux has the routes of the server', 10, async (field) => {
        const { text } = await field.box.inside('ip route show proto dhcp');
        return holds(text, /default via 198\.51\.100\.2 dev xe1/, /10\.77\.0\.0\/16 via 198\.51\.100\.2/);
      }),
      ...killVpp(),
      reaches('lan', '203.0.113.1', 60),
      becomes('the lease is still there', 5, async (field) =>
        holds(JSON.stringify((await field.box.status())?.wans), /"bound"/),
      ),
    ],
  },
];
