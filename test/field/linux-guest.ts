/**
 * The Linux guest: Debian's kernel as the other end of what the kernel of this machine may lack (bonds, VLANs, tunnels,
 * MPLS). Its NICs are on the segments of the box.
 *
 * Invariant: one guest serves many cases. Each has a new network namespace in it, with the guest's NICs; what a case made
 * is deleted with its namespace, and the NICs return.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Guest } from '../../image/qemu.ts';
import { setLink } from '../e2e/hands.ts';
import { Agent, agentArguments } from './agent.ts';
import { LINUX_SEGMENTS, type LinuxPlan, type LinuxSegment } from './case.ts';
import type { Host } from './host.ts';
import { linuxImage } from './linux-image.ts';
import type { Said } from './namespace.ts';
import type { Wires } from './wires.ts';

const BOOT_MS = 1_200_000;
const MEMORY_MIB = 384;
/** Bus 1 is that of the management NIC, which nothing uses here. */
const FIRST_BUS = 2;
const NAMESPACE = 'linux';
const SETUP_MS = 60_000;
/** Busybox prefers its own applets to programs in the path. */
const PROGRAMS = ['ip', 'ping', 'bridge', 'tc']
  .map(
    (name) =>
      `${name}() { for each in /usr/sbin /usr/bin; do [ -x $each/${name} ] && break; done; $each/${name} "$@"; }\n`,
  )
  .join('');
const macOf = (segment: LinuxSegment): string => `02:fe:00:00:00:0${LINUX_SEGMENTS.indexOf(segment)}`;

export class LinuxGuest implements Host, AsyncDisposable {
  readonly #guest: Guest;
  readonly #agent: Agent;
  readonly #scratch: string;

  private constructor(guest: Guest, agent: Agent, scratch: string) {
    this.#guest = guest;
    this.#agent = agent;
    this.#scratch = scratch;
  }

  /** Resolves when its agent answers. @throws ImageError when it cannot be built or started */
  static async boot(wires: Wires): Promise<LinuxGuest> {
    const image = await linuxImage(new Map(LINUX_SEGMENTS.map((segment) => [macOf(segment), segment])));
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-linux-'));
    const guest = await Guest.start({
      ...image,
      memoryMiB: MEMORY_MIB,
      cpus: 1,
      iommu: false,
      dataNics: LINUX_SEGMENTS.map((segment) => ({
        mac: macOf(segment),
        network: { kind: 'tap', name: wires.tapName(segment, 'linux') },
      })),
      extraArguments: agentArguments(join(scratch, 'agent')),
    });
    try {
      await wires.takeTaps('linux');
      const agent = await Agent.connect(join(scratch, 'agent'));
      const linux = new LinuxGuest(guest, agent, scratch);
      await agent.ready(BOOT_MS);
      return linux;
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      rmSync(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Deletes what the last case made, and makes what this one plans. @throws with the line that failed */
  async use({ segments, setup }: LinuxPlan): Promise<void> {
    await this.reset();
    for (const segment of segments) await this.setLink(segment, true);
    const begin = [
      `ip netns add ${NAMESPACE}`,
      ...segments.map((segment) => `ip link set ${segment} netns ${NAMESPACE}`),
    ];
    await this.#must(begin, (script) => this.#agent.run(`${PROGRAMS}${script}`, SETUP_MS));
    const sysctls = [
      ...['all', 'default'].flatMap((scope) => [
        `echo 0 >/proc/sys/net/ipv6/conf/${scope}/accept_dad`,
        `echo 0 >/proc/sys/net/ipv6/conf/${scope}/accept_ra`,
        `echo 0 >/proc/sys/net/ipv4/conf/${scope}/rp_filter`,
      ]),
      'ip link set lo up',
    ];
    // A query that is a second too early must not wait for another one.
    const impatience = 'for each in /proc/sys/net/ipv?/neigh/*/retrans_time_ms; do echo 200 >$each; done';
    await this.#must([...sysctls, ...setup, impatience], (script) => this.shell(script, SETUP_MS));
  }

  /** Deletes what a case made. */
  async reset(): Promise<void> {
    const script = `[ -e /run/netns/${NAMESPACE} ] || exit 0
for each in $(ip netns pids ${NAMESPACE}); do kill -9 $each; done
ip netns del ${NAMESPACE}
for name in ${LINUX_SEGMENTS.join(' ')}; do until [ -e /sys/class/net/$name ]; do sleep 0.1; done; done`;
    const { code, text } = await this.#agent.run(`${PROGRAMS}${script}`, SETUP_MS);
    if (code !== 0) throw new Error(`the Linux guest cannot be reset: ${text}`);
  }

  run(line: string, timeoutMs?: number): Promise<Said> {
    return this.shell(line, timeoutMs);
  }

  /** By its busybox, with the programs of Debian's packages. */
  shell(script: string, timeoutMs?: number): Promise<Said> {
    const quoted = `${PROGRAMS}${script}`.replaceAll("'", `'\\''`);
    return this.#agent.run(`nsenter --net=/run/netns/${NAMESPACE} sh -c '${quoted}'`, timeoutMs);
  }

  /** Pulls or plugs the cable of a NIC. */
  setLink(segment: LinuxSegment, up: boolean): Promise<void> {
    return setLink(this.#guest, FIRST_BUS + LINUX_SEGMENTS.indexOf(segment), up);
  }

  /** The whole output of its console. */
  get console(): string {
    return this.#guest.console.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent[Symbol.dispose]();
    await this.#guest[Symbol.asyncDispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #must(lines: readonly string[], run: (script: string) => Promise<Said>): Promise<void> {
    const checked = lines.map(
      (line) => `${line} || { echo "failed: ${line.replaceAll('"', '\\"')}"; exit 1; }\n`,
    );
    const { code, text } = await run(checked.join(''));
    if (code !== 0) throw new Error(`the Linux guest refused its plan: ${text.trim()}`);
  }
}
