/**
 * Daemons as data: their configuration files, their start commands, and their query commands. The same
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
  /** In their start order. */
  processes(at: DaemonPlace): readonly Process[];
  /** The command that sends a query in the daemon's own language. */
  question?(at: DaemonPlace, question: string): readonly string[];
}

export interface DaemonPlace {
  /** The directory of `files`; it may be read-only. */
  readonly etc: string;
  /** For sockets and pids. */
  readonly run: string;
}

/** BIRD 2. */
export function bird(config: string): Daemon {
  return {
    name: 'bird',
    files: { 'bird.conf': config },
    processes: ({ etc, run }) => [
      {
        name: 'bird',
        command: [
          '/usr/sbin/bird',
          '-f',
          '-c',
          `${etc}/bird.conf`,
          '-s',
          `${run}/bird.ctl`,
          '-P',
          `${run}/bird.pid`,
        ],
      },
    ],
    question: ({ run }, question) => ['/usr/sbin/birdcl', '-s', `${run}/bird.ctl`, ...question.split(' ')],
  };
}

export type FrrProgram = 'zebra' | 'ospfd' | 'ospf6d' | 'bgpd' | 'staticd' | 'isisd';

/** FRR: zebra and others, each with its own configuration. */
export function frr(configs: Readonly<Partial<Record<FrrProgram, string>>>): Daemon {
  const programs = Object.entries({ zebra: '', ...configs });
  return {
    name: 'frr',
    files: {
      ...Object.fromEntries(programs.map(([name, text]) => [`${name}.conf`, `log stdout\n${text}`])),
      // Otherwise vtysh asks PAM for the user.
      'vtysh.conf': 'username root nopassword\n',
    },
    processes: ({ etc, run }) =>
      programs.map(([name]) => ({
        name,
        command: [
          `/usr/lib/frr/${name}`,
          ...['-f', `${etc}/${name}.conf`, '-u', 'root', '-g', 'root', '-i', `${run}/${name}.pid`],
          ...['-z', `${run}/zserv.api`, '--vty_socket', run, '-P', '0'],
        ],
      })),
    question: ({ etc, run }, question) => [
      '/usr/bin/vtysh',
      '--vty_socket',
      run,
      '--config_dir',
      etc,
      '-c',
      question,
    ],
  };
}

/** keepalived, in the foreground. */
export function keepalived(config: string): Daemon {
  return {
    name: 'keepalived',
    files: { 'keepalived.conf': config },
    processes: ({ etc, run }) => [
      {
        name: 'keepalived',
        command: [
          ...[
            '/usr/sbin/keepalived',
            '--dont-fork',
            '--log-console',
            '--vrrp',
            '-f',
            `${etc}/keepalived.conf`,
          ],
          ...['-p', `${run}/keepalived.pid`, '-r', `${run}/vrrp.pid`],
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
    processes: ({ etc, run }) => [
      {
        name: 'dnsmasq',
        command: [
          ...['/usr/sbin/dnsmasq', '--keep-in-foreground', '--log-facility=-', '--user=root', '--group=root'],
          ...[`--conf-file=${etc}/dnsmasq.conf`, `--pid-file=${run}/dnsmasq.pid`],
          `--dhcp-leasefile=${run}/leases`,
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
    processes: ({ etc, run }) => [
      {
        name: 'radvd',
        command: [
          '/usr/sbin/radvd',
          '--nodaemon',
          '-m',
          'stderr',
          '-C',
          `${etc}/radvd.conf`,
          '-p',
          `${run}/radvd.pid`,
        ],
      },
    ],
  };
}

/** The server side of a measurement. */
export function iperfServer(): Daemon {
  return {
    name: 'iperf3',
    files: {},
    processes: () => [{ name: 'iperf3', command: ['/usr/bin/iperf3', '--server', '--forceflush'] }],
  };
}
