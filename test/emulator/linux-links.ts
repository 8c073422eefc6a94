/**
 * The TAPs of the emulator as real links: each is a veth, one end in the namespace of the TAPs under the name of the TAP,
 * the other end under the same name in the namespace that stands for the wire. So daemons on both sides can talk, as
 * through VPP.
 *
 * Invariants: what is done here is done when the call returns, as VPP does it; links go with the process, however it
 * ends: a shell that reads from it deletes them at the end of its input.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';

/** Deletes links at the end of its input, whose lines are `NAMESPACE LINK`. */
const UNDERTAKER = `
links=
while read -r netns link; do links="$links $netns/$link"; done
for one in $links; do
  nsenter --net="/run/netns/\${one%%/*}" ip link delete dev "\${one#*/}" 2>/dev/null
done`;

export class LinuxLinks {
  /** The namespace of the other ends. */
  readonly #wire: string;
  readonly #undertaker: ChildProcess;

  constructor(wire: string) {
    this.#wire = wire;
    // Not of our process group: it outlives a signal to that.
    this.#undertaker = spawn('/bin/sh', ['-c', UNDERTAKER], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#undertaker.unref();
  }

  /** Makes a link, and tells its index. Throws where there is one of that name, as tap_create_if refuses it. */
  create(netns: string, name: string, mac: string, mtu: number): number {
    this.#undertaker.stdin?.write(`${netns} ${name}\n`);
    const peer = ['peer', 'name', name, 'netns', `/run/netns/${this.#wire}`];
    ip(netns, 'link', 'add', 'name', name, 'address', mac, 'mtu', String(mtu), 'type', 'veth', ...peer);
    ip(this.#wire, 'link', 'set', 'dev', name, 'up');
    const [link]: { ifindex: number }[] = JSON.parse(ip(netns, '-json', 'link', 'show', 'dev', name));
    if (link === undefined) throw new Error(`${name} is gone at once`);
    return link.ifindex;
  }

  delete(netns: string, name: string): void {
    attempt(netns, 'link', 'delete', 'dev', name);
  }

  setUp(netns: string, name: string, isUp: boolean): void {
    attempt(netns, 'link', 'set', 'dev', name, isUp ? 'up' : 'down');
  }

  setMtu(netns: string, name: string, mtu: number): void {
    attempt(netns, 'link', 'set', 'dev', name, 'mtu', String(mtu));
    attempt(this.#wire, 'link', 'set', 'dev', name, 'mtu', String(mtu));
  }

  /** The link of VPP's interface: that of the other end. */
  setCarrier(name: string, isUp: boolean): void {
    attempt(this.#wire, 'link', 'set', 'dev', name, isUp ? 'up' : 'down');
  }

  /** One that is there, or not there, is fine: vnet_netlink_add_ip4_addr tells nobody. */
  changeAddress(netns: string, name: string, address: string, isAdd: boolean): void {
    attempt(netns, 'address', isAdd ? 'add' : 'delete', address, 'dev', name);
  }
}

function ip(netns: string, ...args: string[]): string {
  const all = [`--net=/run/netns/${netns}`, 'ip', ...args];
  return execFileSync('nsenter', all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** VPP asks the kernel without looking at its answer. */
function attempt(netns: string, ...args: string[]): void {
  try {
    ip(netns, ...args);
  } catch {
    // The link is gone, or is so already.
  }
}
