/**
 * Daemons as data: their configuration files, the commands that start them, and how they are asked. The same
 * description runs on a peer (extracted programs, a directory of this machine) and on the box (`[service.NAME]`).
 */

export interface Process {
  /** Name of the service on the box. */
  readonly name: string;
  /** Path in Debian and arguments; it stays in the foreground. */
  readonly command: readonly string[];
}

export interface Daemon {
  readonly name: string;
  /** File name → text. */
  readonly files: Readonly<Record<string, string>>;
  /** In the order of their starts. `dir` holds `files`, and takes sockets. */
  processes(dir: string): readonly Process[];
  /** The command that puts a question of the daemon's own language. */
  question?(dir: string, question: string): readonly string[];
}

/** BIRD 2. */
export function bird(config: string): Daemon {
  return {
    name: 'bird',
    files: { 'bird.conf': config },
    processes: (dir) => [
      {
        name: 'bird',
        command: ['/usr/sbin/bird', '-f', '-c', `${dir}/bird.conf`, '-s', `${dir}/bird.ctl`, '-P', `${dir}/bird.pid`],
      },
    ],
    question: (dir, question) => ['/usr/sbin/birdcl', '-s', `${dir}/bird.ctl`, ...question.split(' ')],
  };
}

export type FrrProgram = 'zebra' | 'ospfd' | 'ospf6d' | 'bgpd' | 'babeld' | 'staticd' | 'ripd';

/** FRR: zebra and others, each with its own configuration. */
export function frr(configs: Readonly<Partial<Record<FrrProgram, string>>>): Daemon {
  const programs = Object.entries({ zebra: '', ...configs });
  return {
    name: 'frr',
    files: Object.fromEntries(programs.map(([name, text]) => [`${name}.conf`, `log stdout\n${text}`])),
    processes: (dir) =>
      programs.map(([name]) => ({
        name,
        command: [
          `/usr/lib/frr/${name}`,
          ...['-f', `${dir}/${name}.conf`, '-u', 'root', '-g', 'root', '-i', `${dir}/${name}.pid`],
          ...['-z', `${dir}/zserv.api`, '--vty_socket', dir, '-P', '0'],
        ],
      })),
    question: (dir, question) => ['/usr/bin/vtysh', '--vty_socket', dir, '--config_dir', dir, '-c', question],
  };
}

/** keepalived, in the foreground. */
export function keepalived(config: string): Daemon {
  return {
    name: 'keepalived',
    files: { 'keepalived.conf': config },
    processes: (dir) => [
      {
        name: 'keepalived',
        command: [
          ...['/usr/sbin/keepalived', '--dont-fork', '--log-console', '--vrrp', '-f', `${dir}/keepalived.conf`],
          ...['-p', `${dir}/keepalived.pid`, '-r', `${dir}/vrrp.pid`],
        ],
      },
    ],
  };
}

/** dnsmasq: DHCP and names. */
export function dnsmasq(config: string): Daemon {
  return {
    name: 'dnsmasq',
    files: { 'dnsmasq.conf': config },
    processes: (dir) => [
      {
        name: 'dnsmasq',
        command: [
          ...['/usr/sbin/dnsmasq', '--keep-in-foreground', '--log-facility=-', '--user=root', '--group=root'],
          ...[`--conf-file=${dir}/dnsmasq.conf`, `--pid-file=${dir}/dnsmasq.pid`],
          `--dhcp-leasefile=${dir}/leases`,
        ],
      },
    ],
  };
}

/** Router advertisements. */
export function radvd(config: string): Daemon {
  return {
    name: 'radvd',
    files: { 'radvd.conf': config },
    processes: (dir) => [
      {
        name: 'radvd',
        command: ['/usr/sbin/radvd', '--nodaemon', '-m', 'stderr', '-C', `${dir}/radvd.conf`, '-p', `${dir}/radvd.pid`],
      },
    ],
  };
}

/** The server's end of a measurement. */
export function iperfServer(): Daemon {
  return {
    name: 'iperf3',
    files: {},
    processes: () => [{ name: 'iperf3', command: ['/usr/bin/iperf3', '--server', '--forceflush'] }],
  };
}

/** A program of the box's own image, beside a daemon: iproute2's `ip`, busybox. */
export function program(name: string, command: readonly string[]): Daemon {
  return { name, files: {}, processes: () => [{ name, command }] };
}
