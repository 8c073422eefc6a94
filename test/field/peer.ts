/** A peer: a namespace on the segments of its plan, with its daemons. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerPlan } from './case.ts';
import type { Daemon, DaemonPlace } from './daemons.ts';
import type { Host } from './host.ts';
import { Namespace, type Running, type Said } from './namespace.ts';
import type { PeerPrograms } from './programs.ts';
import { untaggedName, type Wires } from './wires.ts';

export interface PeerSurroundings {
  readonly prefix: string;
  readonly index: number;
  readonly wires: Wires;
  readonly programs: PeerPrograms;
  /** For its daemons' files. */
  readonly directory: string;
}

export class Peer implements Host, AsyncDisposable {
  readonly plan: PeerPlan;
  readonly namespace: Namespace;
  readonly #programs: PeerPrograms;
  readonly #directory: string;
  readonly #daemons = new Map<string, Running>();

  /** Creates namespace, links and addresses; starts nothing. */
  constructor(plan: PeerPlan, { prefix, index, wires, programs, directory }: PeerSurroundings) {
    this.plan = plan;
    this.#programs = programs;
    this.#directory = join(directory, plan.name);
    this.namespace = new Namespace(`${prefix}-${plan.name}`);
    for (const scope of ['all', 'default']) {
      // Addresses are usable at once, and nothing beyond the plan is learnt.
      this.namespace.sysctl(`ipv6.conf.${scope}.accept_dad`, 0);
      this.namespace.sysctl(`ipv6.conf.${scope}.accept_ra`, 0);
      this.namespace.sysctl(`ipv6.conf.${scope}.forwarding`, plan.forwards === true ? 1 : 0);
      this.namespace.sysctl(`ipv4.conf.${scope}.rp_filter`, 0);
    }
    this.namespace.sysctl('ipv4.ip_forward', plan.forwards === true ? 1 : 0);
    this.namespace.sysctl('ipv4.ping_group_range', '0 0');
    for (const link of plan.links) {
      wires.attach(this.namespace, index, link);
      const { segment, tags } = link;
      if (tags === undefined) continue;
      const tagger = [join(import.meta.dirname, 'vlan-tap.py'), untaggedName(segment), segment, ...tags];
      const running = this.namespace.start('/usr/bin/python3', tagger, this.#programs.env);
      this.#daemons.set(`tagger of ${segment}`, running);
    }
    for (const each of plan.loopbacks ?? []) this.namespace.ip(`address add ${each} dev lo`);
    for (const each of plan.routes ?? []) {
      const isIpv6 = each.includes(':') && !each.includes('inet6');
      this.namespace.ip(`${isIpv6 ? '-6' : '-4'} route add ${each}`);
    }
  }

  startDaemons(): void {
    for (const daemon of this.plan.daemons ?? []) {
      const directory = this.#directoryOf(daemon);
      mkdirSync(directory, { recursive: true });
      for (const [name, text] of Object.entries(daemon.files)) {
        writeFileSync(join(directory, name), text, { mode: 0o644 });
      }
      for (const { name, command } of daemon.processes(this.#placeOf(daemon))) {
        this.#daemons.set(name, this.#start(command));
      }
    }
  }

  /** Ends a process of its daemons, by its name. */
  async endDaemon(name: string, signal?: NodeJS.Signals): Promise<void> {
    const running = this.#daemons.get(name);
    if (running === undefined) throw new Error(`${this.plan.name} runs no ${name}`);
    await running.end(signal);
  }

  /** Runs a program of the peers' or of this machine; the words of a line. */
  run(line: string, timeoutMs?: number): Promise<Said> {
    const [program = '', ...args] = line.split(' ');
    const env = { ...this.#programs.env };
    return this.namespace.run(this.#programs.path(program), args, {
      env,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** Runs a script by this machine's shell. */
  shell(script: string, timeoutMs?: number): Promise<Said> {
    const env = {
      ...this.#programs.env,
      PATH: `${this.#programs.directories}:${this.#programs.env['PATH']}`,
    };
    return this.namespace.run('/bin/sh', ['-c', script], {
      env,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** Queries its daemon of that name: commands of birdcl or vtysh. */
  async ask(name: 'bird' | 'frr', question: string): Promise<string> {
    const daemon = this.plan.daemons?.find((one) => one.name === name);
    const command = daemon?.question?.(this.#placeOf(daemon), question);
    if (command === undefined) throw new Error(`${this.plan.name} runs no ${name} that answers queries`);
    const [program = '', ...args] = command;
    const said = await this.namespace.run(this.#programs.path(program), args, { env: this.#programs.env });
    return said.text;
  }

  /** The output of its daemons, by process. */
  get outputs(): ReadonlyMap<string, string> {
    return new Map([...this.#daemons].map(([name, running]) => [name, running.output]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.namespace[Symbol.asyncDispose]();
  }

  #directoryOf(daemon: Daemon): string {
    return join(this.#directory, daemon.name);
  }

  #placeOf(daemon: Daemon): DaemonPlace {
    const directory = this.#directoryOf(daemon);
    return { etc: directory, run: directory };
  }

  #start(command: readonly string[]): Running {
    const [program = '', ...args] = command;
    const path = this.#programs.path(program);
    if (!program.startsWith('/usr/lib/frr/')) return this.namespace.start(path, args, this.#programs.env);
    // FRR refuses to start without a group that its package's scripts would create.
    const group = join(this.#directory, 'group');
    writeFileSync(group, 'root:x:0:\nfrrvty:x:200:root\nfrr:x:201:root\n');
    const inside = `mount --bind ${group} /etc/group && exec "$@"`;
    const wrapped = ['--mount', '--propagation', 'private', 'sh', '-c', inside, 'sh', path, ...args];
    return this.namespace.start('unshare', wrapped, this.#programs.env);
  }
}
