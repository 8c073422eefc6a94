/**
 * What a stats segment is, asserted on the emulator's and, when VPP_BIN names one, on a real VPP's. Where the two
 * differ, the emulator is wrong.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StatsClient, StatsError } from '../../src/vpp/stats/mod.ts';
import {
  addErrorEntries,
  addInterfaceEntries,
  addNodeEntries,
  addStandardEntries,
  removeInterfaceEntries,
} from '../emulator/stats-directory.ts';
import { StatsSegment, StatType } from '../emulator/stats-segment.ts';
import { type ConformanceVpp, realVppBinary, startVpp, targetName } from './harness.ts';

/** A VPP as far as this suite needs one. */
interface Subject extends AsyncDisposable {
  readonly socketPath: string;
  addLoopback(): string;
  deleteLoopback(name: string): void;
  /** Makes `name` send `packets` packets that nobody takes. */
  sendPackets(name: string, packets: number): void;
  /** The same counters by a way that is not ours, if there is one: `[index]: packets, bytes` by name. */
  reference(path: string): string | undefined;
}

class EmulatedSubject implements Subject {
  readonly socketPath: string;
  readonly #segment = new StatsSegment({ sizeBytes: 8 << 20, threads: 1 });
  readonly #names: (string | undefined)[] = [];

  constructor(dir: string) {
    this.socketPath = join(dir, 'stats.sock');
    addStandardEntries(this.#segment, { bootTime: Math.floor(Date.now() / 1000) });
    this.#add('local0');
    addNodeEntries(this.#segment, ['null-node', 'ip4-lookup', 'arp-input']);
    this.#segment.setSimple('/sys/node/vectors', 0, 1, 1);
    this.#segment.setSimple('/sys/node/calls', 0, 1, 1);
    this.#segment.setSimple('/sys/node/clocks', 0, 1, 100);
    this.#segment.setSimple('/mem/main heap', 0, 0, 1000);
    this.#segment.setSimple('/mem/main heap', 0, 1, 400);
    this.#segment.setSimple('/mem/main heap', 0, 2, 600);
    this.#segment.setScalar('/buffer-pools/default-numa-0/available', 4096);
    addErrorEntries(this.#segment, 0, [{ node: 'null-node', reason: 'blackholed packets' }]);
    this.#segment.serve(this.socketPath);
  }

  addLoopback(): string {
    let instance = 0;
    while (this.#names.includes(`loop${instance}`)) instance++;
    return this.#add(`loop${instance}`);
  }

  deleteLoopback(name: string): void {
    const index = this.#names.indexOf(name);
    removeInterfaceEntries(this.#segment, index, name);
    this.#names[index] = undefined;
  }

  sendPackets(name: string, packets: number): void {
    const index = this.#names.indexOf(name);
    this.#segment.incrementCombined('/if/tx', 0, index, packets, packets * 42);
    this.#segment.incrementSimple('/if/drops', 0, index, packets);
  }

  reference(): undefined {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#segment[Symbol.dispose]();
  }

  #add(name: string): string {
    const free = this.#names.indexOf(undefined);
    const index = free < 0 ? this.#names.length : free;
    this.#names[index] = name;
    addInterfaceEntries(this.#segment, index, name);
    return name;
  }
}

class RealSubject implements Subject {
  readonly #vpp: ConformanceVpp;
  readonly #binary: string;
  #addresses = 0;

  private constructor(vpp: ConformanceVpp, binary: string) {
    this.#vpp = vpp;
    this.#binary = binary;
  }

  static async start(binary: string): Promise<RealSubject> {
    // its plugins, for `ping`
    return new RealSubject(
      await startVpp({ extraConf: 'plugins { plugin dpdk_plugin.so { disable } }' }),
      binary,
    );
  }

  get socketPath(): string {
    return this.#vpp.statsSocket;
  }

  addLoopback(): string {
    return this.#run('create loopback interface').trim();
  }

  deleteLoopback(name: string): void {
    this.#run(`delete loopback interface intfc ${name}`);
  }

  sendPackets(name: string, packets: number): void {
    const net = ++this.#addresses;
    this.#run(`set interface state ${name} up`);
    this.#run(`set interface ip address ${name} 10.${net}.0.1/16`);
    // each ping of an address without neighbour makes VPP ask for it on the interface
    for (let i = 0; i < packets; i++) this.#run(`ping 10.${net}.1.${i + 1} repeat 1 interval 0.01`);
  }

  reference(path: string): string | undefined {
    const tool = join(dirname(this.#binary), 'vpp_get_stats');
    if (!existsSync(tool)) return undefined;
    return execFileSync(tool, ['socket-name', this.socketPath, 'dump', path], { encoding: 'utf8' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vpp[Symbol.asyncDispose]();
  }

  #run(command: string): string {
    const tool = join(dirname(this.#binary), 'vppctl');
    return execFileSync(tool, ['-s', this.#vpp.cliSocket, ...command.split(' ')], { encoding: 'utf8' });
  }
}

describe.each([
  {
    what: 'the emulator',
    start: async (dir: string): Promise<Subject> => new EmulatedSubject(dir),
    needs: 'nothing',
  },
  {
    what: 'a real VPP',
    start: (): Promise<Subject> => RealSubject.start(realVppBinary ?? ''),
    needs: 'VPP_BIN',
  },
])('the stats segment of $what', ({ start, needs }) => {
  const isSkipped = needs === 'VPP_BIN' && realVppBinary === undefined;
  let dir: string;
  let subject: Subject;
  let client: StatsClient;

  beforeAll(async () => {
    if (isSkipped) return;
    dir = mkdtempSync(join(tmpdir(), 'stats-conformance-'));
    subject = await start(dir);
    client = await StatsClient.attach(subject.socketPath, { timeoutMs: 5000 });
  });

  afterAll(async () => {
    if (isSkipped) return;
    client[Symbol.dispose]();
    await subject[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const check = (name: string, body: () => Promise<void> | void) =>
    test(name, async (ctx) => {
      if (isSkipped) ctx.skip('VPP_BIN names no VPP');
      await body();
    });

  check('hands its memory to everyone who connects', async () => {
    using second = await StatsClient.attach(subject.socketPath, { timeoutMs: 5000 });
    expect(second.readSnapshot().system.bootTime).toBe(client.readSnapshot().system.bootTime);
  });

  check('refuses in words where nobody listens', async () => {
    const attempt = StatsClient.attach(join(dir, 'nobody.sock'), { timeoutMs: 1000 });
    await expect(attempt).rejects.toMatchObject({
      code: 'attach',
      message: expect.stringContaining('nobody.sock'),
    });
  });

  check('has each entry that we read, of the type that we read it as', () => {
    const types = new Map(client.listEntries().map(({ name, type }) => [name, type]));
    const expected: readonly [number, readonly string[]][] = [
      [
        StatType.scalar,
        ['vector_rate', 'input_rate', 'num_worker_threads', 'last_update'].map((n) => `/sys/${n}`),
      ],
      [StatType.scalar, ['/sys/heartbeat', '/sys/boottime', '/buffer-pools/default-numa-0/available']],
      [
        StatType.simple,
        ['drops', 'punt', 'ip4', 'ip6', 'mpls', 'rx-no-buf', 'rx-miss'].map((n) => `/if/${n}`),
      ],
      [StatType.simple, ['/if/rx-error', '/if/tx-error', '/sys/vector_rate_per_worker', '/mem/main heap']],
      [StatType.simple, ['clocks', 'vectors', 'calls', 'suspends'].map((n) => `/sys/node/${n}`)],
      [StatType.combined, ['/if/rx', '/if/tx', '/if/rx-unicast', '/net/route/to', '/net/route/via']],
      [StatType.names, ['/if/names', '/sys/node/names']],
      [
        StatType.symlink,
        ['/mem/main heap/used', '/interfaces/local0/rx', '/err/null-node/blackholed packets'],
      ],
    ];
    for (const [type, names] of expected) {
      // 26.06 made gauges of some scalars; both read alike.
      const accepted = type === StatType.scalar ? [StatType.scalar, StatType.gauge] : [type];
      for (const name of names) expect(accepted, name).toContain(types.get(name));
    }
  });

  check('scalars are whole numbers', () => {
    const { system } = client.readSnapshot();
    expect(Math.abs(system.bootTime - Date.now() / 1000)).toBeLessThan(600);
    expect(client.readEntry('/sys/boottime')).toEqual({ kind: 'scalar', value: system.bootTime });
    // read as the f64 that older documents speak of, these would be far from whole
    for (const figure of [system.vectorRate, system.inputRate, system.heartbeat]) {
      expect(Number.isSafeInteger(figure)).toBe(true);
      expect(figure).toBeLessThan(1e12);
    }
    expect(system.numWorkerThreads).toBe(0);
    expect(system.vectorRatePerWorker).toHaveLength(1);
  });

  check('simple and combined counters and their symlinks count the same packets', () => {
    const name = subject.addLoopback();
    subject.sendPackets(name, 3);
    const counters = client.readSnapshot().interfaces.find((one) => one.name === name);
    if (!counters) throw new Error(`${name} is not among the interfaces`);
    expect(counters.txPackets).toBeGreaterThanOrEqual(3);
    expect(counters.txBytes).toBe(counters.txPackets * 42);
    expect(counters.drops).toBe(counters.txPackets);
    expect(client.readEntry(`/interfaces/${name}/tx`)).toEqual({
      kind: 'combined',
      threads: [[{ packets: counters.txPackets, bytes: counters.txBytes }]],
    });
    expect(client.readEntry(`/interfaces/${name}/drops`)).toEqual({
      kind: 'simple',
      threads: [[counters.drops]],
    });
    const tx = client.readEntry('/if/tx');
    if (tx?.kind !== 'combined') throw new Error('/if/tx has no combined counters');
    expect(tx.threads[0]?.[counters.index]).toEqual({ packets: counters.txPackets, bytes: counters.txBytes });
    const reference = subject.reference('/if/tx$');
    if (reference !== undefined) {
      expect(reference).toContain(
        `[${counters.index} @ 0]: ${counters.txPackets} packets, ${counters.txBytes} bytes /if/tx`,
      );
    }
  });

  check('heaps, buffers and nodes have figures', async () => {
    // nodes are updated with the heartbeat only, unlike interfaces
    const { heartbeat } = client.readSnapshot().system;
    if (needs === 'VPP_BIN') await until(() => client.readSnapshot().system.heartbeat > heartbeat + 1);
    const snapshot = client.readSnapshot();
    const heap = snapshot.memory.find(({ name }) => name === 'main heap');
    expect(heap?.total).toBeGreaterThan(0);
    expect(heap?.total).toBe((heap?.used ?? 0) + (heap?.free ?? 0));
    expect(snapshot.bufferPools[0]?.available).toBeGreaterThan(0);
    const node = snapshot.nodes.find(({ name }) => name === 'ip4-lookup');
    expect(node?.calls).toBeGreaterThan(0);
    expect(node?.vectors).toBeGreaterThanOrEqual(node?.calls ?? 0);
  });

  check('names follow the interfaces: added, deleted, added again', () => {
    const namesNow = () => client.readSnapshot().interfaces.map(({ name }) => name);
    const before = namesNow();
    const name = subject.addLoopback();
    expect(namesNow()).toEqual([...before, name]);
    subject.deleteLoopback(name);
    expect(namesNow()).toEqual(before);
    const names = client.readEntry('/if/names');
    expect(names?.kind === 'names' && names.names).toContain('deleted');
    expect(client.readEntry(`/interfaces/${name}/rx`)).toBeUndefined();
    const again = subject.addLoopback();
    expect(namesNow()).toContain(again);
    expect(client.readEntry(`/interfaces/${again}/rx`)).toMatchObject({ kind: 'combined' });
    subject.deleteLoopback(again);
  });

  check('reads stay right while the structure changes under them', async () => {
    const client = await StatsClient.attach(subject.socketPath, { timeoutMs: 5000 });
    const created: string[] = [];
    const done = new AbortController();
    const reading = (async () => {
      let good = 0;
      while (!done.signal.aborted) {
        try {
          const { interfaces } = client.readSnapshot();
          expect(interfaces[0]?.name).toBe('local0');
          for (const one of interfaces.slice(1)) expect(one.name).toMatch(/^loop\d+$/);
          good++;
        } catch (error) {
          if (!(error instanceof StatsError && error.code === 'unstable')) throw error;
        }
        await sleep(0);
      }
      return good;
    })();
    for (let i = 0; i < 30; i++) {
      created.push(subject.addLoopback());
      await sleep(1);
    }
    expect(client.readSnapshot().interfaces.map(({ name }) => name)).toEqual(expect.arrayContaining(created));
    for (const name of created) subject.deleteLoopback(name);
    done.abort();
    expect(await reading).toBeGreaterThan(10);
    client[Symbol.dispose]();
  });
});

async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!what()) {
    if (performance.now() > end) throw new Error('this did not come about within 15 s');
    await sleep(20);
  }
}

test(`a killed and restarted VPP (${targetName}): the old segment stays readable and still, the next one moves`, async () => {
  await using vpp = await startVpp();
  using first = await StatsClient.attach(vpp.statsSocket, { timeoutMs: 5000 });
  const heartbeat = () => first.readSnapshot().system.heartbeat;
  const begin = heartbeat();
  await until(() => heartbeat() > begin);
  expect(first.readSnapshot().interfaces[0]).toMatchObject({ index: 0, name: 'local0' });
  await vpp.kill();
  const last = first.readSnapshot();
  await sleep(1200);
  expect(first.readSnapshot().system).toEqual(last.system);
  await vpp.restart();
  using second = await StatsClient.attach(vpp.statsSocket, { timeoutMs: 5000 });
  const again = second.readSnapshot().system;
  await until(() => second.readSnapshot().system.heartbeat > again.heartbeat);
  expect(second.readSnapshot().system.bootTime).toBeGreaterThan(last.system.bootTime);
  expect(first.readSnapshot().system).toEqual(last.system);
});

/**
 * Another process changes names and counters together, as fast as it can, each change within one epoch: the counter
 * must always be the one that belongs to the name.
 */
test('no torn reads: a writer in another process never lets a name and its counter part', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stats-torn-'));
  const socketPath = join(dir, 'stats.sock');
  const emulator = new URL('../emulator/', import.meta.url).href;
  const program = `
    const { StatsSegment } = await import('${emulator}stats-segment.ts');
    const { addStandardEntries, addInterfaceEntries, removeInterfaceEntries } = await import('${emulator}stats-directory.ts');
    const segment = new StatsSegment({ sizeBytes: 8 << 20 });
    addStandardEntries(segment, { bootTime: 1 });
    let id = 0;
    const names = [];
    const name = (index) => {
      if (names[index]) removeInterfaceEntries(segment, index, names[index]);
      names[index] = 'if-' + id;
      addInterfaceEntries(segment, index, names[index]);
      segment.setCombined('/if/rx', 0, index, id, id * 10);
      segment.setSimple('/if/drops', 0, index, id);
    };
    for (let i = 0; i < 20; i++, id++) name(i);
    segment.serve('${socketPath}');
    const round = () => {
      const end = performance.now() + 5;
      while (performance.now() < end) {
        const index = id % 20;
        segment.change(() => name(index));
        id++;
        // a pause in which the structure is at rest, as in life
        const rest = performance.now() + 1; while (performance.now() < rest);
      }
      setImmediate(round);
    };
    round();
  `;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const writer = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    for (let i = 0; !existsSync(socketPath) && i < 400; i++) await sleep(25);
    using client = await StatsClient.attach(socketPath, { timeoutMs: 5000 });
    const outcomes = { good: 0, unstable: 0 };
    const epochs = new Set<number>();
    // On a busy machine both take their time.
    const isEnough = () => outcomes.good > 50 && epochs.size > 20 && client.retries > 0;
    const begin = performance.now();
    while (performance.now() < begin + (isEnough() ? 1_500 : 30_000)) {
      try {
        const { interfaces, epoch } = client.readSnapshot();
        for (const { name, rxPackets, rxBytes, drops } of interfaces) {
          const id = Number(name.slice(3));
          expect([name, rxPackets, rxBytes, drops]).toEqual([name, id, id * 10, id]);
        }
        epochs.add(epoch);
        outcomes.good++;
      } catch (error) {
        if (!(error instanceof StatsError && error.code === 'unstable')) throw error;
        outcomes.unstable++;
      }
    }
    expect(outcomes.good).toBeGreaterThan(50);
    expect(epochs.size).toBeGreaterThan(20);
    expect(client.retries).toBeGreaterThan(0);
  } finally {
    if (writer.exitCode === null) {
      const exited = new Promise((resolve) => writer.once('exit', resolve));
      writer.kill('SIGKILL');
      await exited;
    }
    rmSync(dir, { recursive: true, force: true });
  }
});
