/** The box of the cases: the flashed image on a disk, with its NICs on the wires and an agent inside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplianceStatus } from '../../src/status/mod.ts';
import { dataNicPciAddress } from '../../image/qemu-arguments.ts';
import { ask, basic, firstPassword } from '../e2e/box-client.ts';
import { DiskGuest } from '../e2e/disk-harness.ts';
import { setLink } from '../e2e/hands.ts';
import { Agent, AGENT_INI, AGENT_SCRIPT, agentArguments } from './agent.ts';
import { type BoxPlan, NIC_MODELS, SEGMENTS } from './case.ts';
import type { Daemon } from './daemons.ts';
import type { Said } from './namespace.ts';
import type { Plane } from './plane.ts';
import { BOX_PACKAGES } from './programs.ts';
import type { Wires } from './wires.ts';

const BOOT_MS = 1_200_000;
/** Bus 1 is the management NIC's. */
const FIRST_DATA_BUS = 2;
/** Files of the daemons, which change between cases. */
const FILES = '/run/field';
/** Their sockets. */
const RUN = '/run';
/** The files present when the box starts. */
const BOOT = '/boot';
/** Busybox prefers its own applet to a program in the path. */
const IP = 'ip() { /bin/ip "$@"; }\n';
/** Bytes of a file per line for the agent. */
const PIECE_BYTES = 8_000;

export class Box implements AsyncDisposable {
  readonly plane: Plane;
  readonly #disk: DiskGuest;
  readonly #wires: Wires;
  readonly #scratch: string;
  #agent: Agent | undefined;
  #password = '';
  /** The directory of its daemons' files. */
  #etc = FILES;

  private constructor(plane: Plane, disk: DiskGuest, wires: Wires, scratch: string) {
    this.plane = plane;
    this.#disk = disk;
    this.#wires = wires;
    this.#scratch = scratch;
  }

  /** Flashes a disk and boots it. */
  static async boot(plane: Plane, wires: Wires): Promise<Box> {
    const scratch = mkdtempSync(join(tmpdir(), 'appliance-field-'));
    const disk = await DiskGuest.create({
      image: { add: BOX_PACKAGES, ...(plane.kind === 'vpp' ? { vpp: plane.directory } : {}) },
      ini: iniOf(plane),
      guest: {
        memoryMiB: plane.kind === 'vpp' ? 3072 : 1536,
        dataNics: SEGMENTS.map((segment, index) => ({
          model: NIC_MODELS[index] ?? 'virtio',
          network: { kind: 'tap', name: wires.tapName(segment, 'box') },
        })),
        extraArguments: agentArguments(join(scratch, 'agent')),
      },
    });
    const box = new Box(plane, disk, wires, scratch);
    try {
      await disk.writeBootFile('agent.sh', AGENT_SCRIPT);
      await box.powerOn();
      box.#password = await firstPassword(disk);
      return box;
    } catch (error) {
      await box[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Boots the disk as it is. Resolves when the data plane and the agent are up. */
  async powerOn(): Promise<void> {
    await this.#disk.powerOn();
    await this.#wires.takeTaps('box');
    this.#agent?.[Symbol.dispose]();
    this.#agent = await Agent.connect(join(this.#scratch, 'agent'));
    await this.#disk.until('the data plane is up', (status) => isUp(this.plane, status), BOOT_MS);
    await this.#agent.ready(BOOT_MS);
  }

  /** Pulls or plugs the cable of a data plane NIC, counted from 0. */
  setLink(nic: number, up: boolean): Promise<void> {
    return setLink(this.#disk.guest, FIRST_DATA_BUS + nic, up);
  }

  /** The whole output of its console. */
  get console(): string {
    return this.#disk.guest.console.text();
  }

  get isOn(): boolean {
    return this.#disk.isOn;
  }

  /** Undefined when it does not answer now. */
  status(): Promise<ApplianceStatus | undefined> {
    return this.#disk.status();
  }

  /** What it serves over HTTP; undefined when it does not answer with success. */
  get(path: string): Promise<string | undefined> {
    return this.#disk.get(path);
  }

  /** What VPP answers to one of the commands that operators may run; why not, otherwise. */
  async vppctl(command: string): Promise<string> {
    const path = `/vppctl?command=${encodeURIComponent(command)}`;
    return (await ask(this.#disk, { path, headers: basic(this.#password) })).text;
  }

  /** Activates this plan: its daemons' files, its configuration, confirmed. */
  async use(plan: BoxPlan): Promise<void> {
    for (const daemon of plan.daemons ?? []) await this.writeFiles(daemon);
    this.#etc = FILES;
    await this.put(iniOf(this.plane, plan), plan.restartsVpp);
  }

  /** Puts a configuration, and confirms it. */
  async put(ini: string, restartsVpp = false): Promise<void> {
    const headers = { ...basic(this.#password), 'Content-Type': 'text/plain' };
    const path = restartsVpp ? '/config?restart-vpp' : '/config';
    const change = { method: 'PUT', path, headers, body: ini };
    // A busy machine may stall the box for longer than its server waits for a request: the same again does no harm.
    const answer = await ask(this.#disk, change).catch(() => ask(this.#disk, change));
    if (answer.status !== 200) throw new Error(`the box refused its configuration: ${answer.text}\n${ini}`);
    if (/"state": *"confirmed"/.test(answer.text)) return;
    const confirmed = await ask(this.#disk, {
      method: 'POST',
      path: '/config/confirm',
      headers: basic(this.#password),
    });
    if (confirmed.status !== 200) throw new Error(`the box refused to confirm: ${confirmed.text}`);
  }

  /** Cuts the power, and starts with a plan active from the start. */
  async startWith(plan: BoxPlan): Promise<void> {
    await this.#disk.cut();
    for (const { files } of plan.daemons ?? []) {
      for (const [name, text] of Object.entries(files)) await this.#disk.writeBootFile(name, text);
    }
    await this.#disk.writeBootFile('appliance.ini', iniOf(this.plane, plan, BOOT));
    this.#etc = BOOT;
    await this.powerOn();
  }

  async writeFiles(daemon: Daemon): Promise<void> {
    const directory = FILES;
    await this.run(`mkdir -p ${directory}`);
    for (const [name, text] of Object.entries(daemon.files)) {
      const path = `${directory}/${name}`;
      await this.run(`: >${path}`);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES).toString('base64');
        await this.run(`echo ${piece} | base64 -d >>${path}`);
      }
    }
  }

  /** Runs a script in its busybox, with `ip` of iproute2. */
  run(script: string, timeoutMs?: number): Promise<Said> {
    if (this.#agent === undefined) throw new Error('the box is off');
    return this.#agent.run(`${IP}${script}`, timeoutMs);
  }

  /** Runs a script in the daemons' namespace, that of the TAPs. */
  inside(script: string, timeoutMs?: number): Promise<Said> {
    const quoted = `${IP}${script}`.replaceAll("'", `'\\''`);
    return this.run(`nsenter --net=/run/netns/dataplane sh -c '${quoted}'`, timeoutMs);
  }

  /** Queries its daemon: commands of birdcl or vtysh. */
  async ask(daemon: Daemon, question: string): Promise<string> {
    const command = daemon.question?.({ etc: this.#etc, run: RUN }, question) ?? [];
    const words = command.map((word) => `'${word}'`);
    return (await this.run(words.join(' '))).text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent?.[Symbol.dispose]();
    await this.#disk[Symbol.asyncDispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function isUp(plane: Plane, { vpp, interfaces }: ApplianceStatus): boolean {
  if (plane.kind === 'vpp' && vpp.api.state !== 'connected') return false;
  return SEGMENTS.every((name) => interfaces.some((one) => one.name === name && one.state.state === 'ok'));
}

/** What every appliance.ini of the field begins with: the data plane, the agent, the NICs. */
export function machineIni(plane: Plane): string {
  const nics = SEGMENTS.map(
    (name, index) => `[vpp.dpdk.interface.${dataNicPciAddress(index)}]\nname = ${name}\n`,
  );
  return [plane.ini, AGENT_INI, ...nics].join('');
}

/** appliance.ini of a plan; without one, of the box between cases. */
export function iniOf(plane: Plane, plan: BoxPlan = { addresses: {} }, etc = FILES): string {
  const names = new Set([...SEGMENTS, ...Object.keys(plan.addresses)]);
  const interfaces = [...names].map((name) => {
    const addresses = plan.addresses[name] ?? [];
    const mtu = plan.mtu?.[name];
    const lines = [
      ...(addresses.length === 0 ? [] : [`addresses = ${addresses.join(', ')}\n`]),
      ...(mtu === undefined ? [] : [`mtu = ${mtu}\n`]),
      ...(plan.keys?.[name] === undefined ? [] : [`${plan.keys[name]}\n`]),
    ];
    return `[interface.${name}]\n${lines.join('')}`;
  });
  const services = (plan.daemons ?? []).flatMap((daemon) =>
    daemon
      .processes({ etc, run: RUN })
      .map(({ name, command }) => `[service.${name}]\ncommand = ${command.join(' ')}\nnetns = dataplane\n`),
  );
  return [machineIni(plane), ...interfaces, ...services, plan.ini ?? ''].join('');
}
