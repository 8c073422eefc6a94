/** The emulator as a process: behaviour of VPP that its supervisor must handle. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EMULATOR_PROGRAM } from '../../image/root-tree.ts';
import { spawnChild } from '../../src/linux/mod.ts';
import * as api from '../../src/vpp/api/mod.ts';
import { readVppVersion, runCli } from '../../src/vpp/mod.ts';
import { EmulatorProcess, writeEmulatorBinary } from './emulator.ts';
import { FibDigest, routeLine } from './fib-report.ts';

const DPDK = [
  'plugins { plugin default { disable } plugin dpdk_plugin.so { enable } plugin linux_cp_plugin.so { enable } }',
  'dpdk { dev 0000:03:00.0 { name wan } dev 0000:0a:00.1 }',
].join('\n');

/** Whether a process has the emulator's signal handlers: Node itself has none for SIGHUP (proc(5), SigCgt). */
function handlesSignals(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & 1n) !== 0n;
}

describe('the process', () => {
  test('ignores SIGTERM while it starts, and ends on it with 0 when it runs', async () => {
    await using emulator = await EmulatorProcess.start({ faults: { startMs: 500 }, waitForSocket: false });
    // Node itself needs some time before it can ignore anything.
    await expect.poll(() => handlesSignals(emulator.pid), { timeout: 5_000, interval: 10 }).toBe(true);
    expect(existsSync(emulator.apiSocket)).toBe(false);
    process.kill(emulator.pid, 'SIGTERM');
    await expect.poll(() => existsSync(emulator.apiSocket), { timeout: 5_000 }).toBe(true);
    await sleep(50);
    process.kill(emulator.pid, 'SIGTERM');
    expect(await emulator.exited).toEqual({ code: 0, signal: null });
    expect(emulator.output).toMatch(/received SIGTERM from PID \d+ UID \d+, exiting/);
    expect(existsSync(emulator.apiSocket)).toBe(false);
  });

  test('kill -9 leaves the sockets, and the next start takes them over', async () => {
    await using emulator = await EmulatorProcess.start();
    const first = emulator.pid;
    await emulator.kill('SIGKILL');
    for (const path of [emulator.apiSocket, emulator.cliSocket, emulator.statsSocket]) {
      expect(existsSync(path), path).toBe(true);
    }
    await emulator.spawn();
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    expect(client.vpePid).toBe(emulator.pid);
    expect(emulator.pid).not.toBe(first);
  });

  test('refuses sockets with an active listener', async () => {
    await using first = await EmulatorProcess.start();
    const conf = `unix { nodaemon runtime-dir ${first.dir} } socksvr { socket-name ${first.apiSocket} }`;
    await using second = await EmulatorProcess.start({ startupConf: conf, waitForSocket: false });
    expect((await second.exited).code).toBe(0);
    expect(second.output).toContain(`Active listener on '${first.apiSocket}'`);
    await using client = await api.VppApiClient.connect(first.apiSocket);
    expect(client.vpePid).toBe(first.pid);
  });

  test('exits with 1 on a refused startup.conf and on a missing one', async () => {
    await using refused = await EmulatorProcess.start({ extraConf: 'l3fib { x 1 }', waitForSocket: false });
    expect((await refused.exited).code).toBe(1);
    expect(refused.output).toContain('unknown input `l3fib');
  });

  test('linux_nl without linux_cp dies by SIGSEGV', async () => {
    const extraConf = 'plugins { plugin default { disable } plugin linux_nl_plugin.so { enable } }';
    await using emulator = await EmulatorProcess.start({ extraConf, waitForSocket: false });
    expect((await emulator.exited).signal).toBe('SIGSEGV');
  });

  test.each([
    ['25.02-release', true],
    ['26.06-release', false],
  ])('%s dies of a next hop behind a route that refuses by ICMP alone: %s', async (version, dies) => {
    await using emulator = await EmulatorProcess.start({ faults: { version } });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const add = (address: string, paths: api.FibPath[]): Promise<unknown> => {
      const prefix = { family: 4, address, length: 8 } as const;
      return api.addDelRoute(client, { isAdd: true, tableId: api.tableId(0), prefix, paths });
    };
    const { ip4 } = api.FibPathProto;
    await add('10.0.0.0', [api.fibPath({ proto: ip4, type: api.FibPathType.icmpUnreachable })]);
    const via = add('11.0.0.0', [api.fibPath({ proto: ip4, nextHop: Uint8Array.of(10, 0, 0, 1) })]);
    if (!dies) return void (await via);
    await expect(via).rejects.toThrow(/closed the connection/);
    expect((await emulator.exited).signal).toBe('SIGSEGV');
  });

  test('on request, exits at once and never opens its socket', async () => {
    await using atOnce = await EmulatorProcess.start({ faults: { exitAtOnce: 3 }, waitForSocket: false });
    expect((await atOnce.exited).code).toBe(3);
    await using silent = await EmulatorProcess.start({ faults: { neverOpenSocket: true } });
    expect(existsSync(silent.cliSocket)).toBe(true);
    expect(existsSync(silent.apiSocket)).toBe(false);
  });

  test('as an executable file it prints its version and keeps its pid', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vpp-binary-'));
    try {
      const binary = writeEmulatorBinary(join(dir, 'bin'));
      expect(await readVppVersion(binary)).toMatchObject({ year: 25, month: 2, text: '25.02-release' });
      // Its stand-in in a guest prints the same.
      const inGuest = /echo '(.*)'/.exec(EMULATOR_PROGRAM)?.[1];
      expect(execFileSync(binary, ['--version'], { encoding: 'utf8' })).toBe(`${inGuest}\n`);
      const conf = join(dir, 'startup.conf');
      writeFileSync(conf, `unix { nodaemon runtime-dir ${dir} } socksvr { socket-name ${dir}/api.sock }`);
      const child = spawnChild(binary, ['-c', conf]);
      const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
      await expect.poll(() => existsSync(`${dir}/api.sock`), { timeout: 5_000 }).toBe(true);
      await using client = await api.VppApiClient.connect(`${dir}/api.sock`);
      expect(client.vpePid).toBe(child.pid);
      child.kill('SIGTERM');
      expect(await exited).toBe(0);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe('the CLI socket', () => {
  test('answers as VPP does', async () => {
    await using emulator = await EmulatorProcess.start({ extraConf: DPDK });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const wan = (await api.dumpInterfaces(client)).find((one) => one.name === 'wan');
    expect(wan?.devType).toBe('dpdk');
    const index = wan?.swIfIndex ?? api.NO_INTERFACE;
    await api.addDelAddress(client, index, { family: 4, address: '10.0.0.1', length: 24 }, true);
    await api.setInterfaceFlags(client, index, { adminUp: true });
    const run = (command: string): Promise<string> => runCli(emulator.cliSocket, command);
    expect(await run('show version')).toMatch(/^vpp v25\.02-release built by \S+ on \S+ at \S+$/);
    const lines = (await run('show interface')).split('\n');
    expect(lines[0]).toMatch(/^ +Name +Idx +State +MTU \(L3\/IP4\/IP6\/MPLS\) +Counter +Count/);
    expect(lines[1]?.trimEnd()).toBe('local0                            0     down          0/0/0/0');
    expect(lines[2]).toMatch(/^wan {31}1 {6}up {10}9000\/0\/0\/0/);
    expect(await run('show interface address')).toBe(
      ['local0 (dn):', 'wan (up):', '  L3 10.0.0.1/24', 'GigabitEtherneta/0/1 (dn):'].join('\n'),
    );
    const summary = await run('show ip fib summary');
    expect(summary).toMatch(/^ipv4-VRF:0, fib_index:0, flow hash:/);
    expect(
      summary
        .split('\n')
        .slice(2)
        .map((line) => line.trim().split(/ +/)),
    ).toEqual([
      ['0', '1'],
      ['4', '2'],
      ['24', '1'],
      ['32', '5'],
    ]);
    expect(await run('show plugins')).toMatch(/dpdk_plugin\.so/);
    expect(await run('show errors')).toMatch(/Count +Node +Reason +Severity/);
    expect(await run('show bogus')).toBe("show: unknown input `bogus'");
    expect(await run('bogus x')).toBe("unknown input `bogus x'");
  });
});

describe('control', () => {
  test('unplugging and plugging a cable causes events', async () => {
    await using emulator = await EmulatorProcess.start({ extraConf: DPDK });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const events: string[] = [];
    using listening = api.onInterfaceEvent(client, (event) =>
      events.push(`${event.adminUp} ${event.linkUp}`),
    );
    expect(listening).toBeDefined();
    await api.wantInterfaceEvents(client);
    await api.setInterfaceFlags(client, api.swIfIndex(1), { adminUp: true });
    await emulator.control({ command: 'link', interface: 'wan', up: false });
    await expect.poll(() => events).toEqual(['true true', 'true false']);
    await emulator.control({ command: 'link', interface: 'wan', up: true });
    await expect.poll(() => events.at(-1)).toBe('true true');
    await expect(emulator.control({ command: 'link', interface: 'lan', up: true })).rejects.toThrow("'lan'");
  });

  test('restart: another process id, without any state, for tests without a supervisor', async () => {
    await using emulator = await EmulatorProcess.start();
    await using connection = new api.VppConnection({ socketPath: emulator.apiSocket, reconnectMs: 50 });
    const kinds: string[] = [];
    connection.on('connected', ({ kind }) => kinds.push(kind));
    connection.start();
    await expect.poll(() => kinds).toEqual(['first']);
    if (connection.client !== undefined) await api.createLoopback(connection.client);
    await emulator.control({ command: 'restart', ms: 50 });
    await expect.poll(() => kinds, { timeout: 3_000 }).toEqual(['first', 'restarted']);
    expect(connection.client && (await api.dumpInterfaces(connection.client)).length).toBe(1);
  });

  test('shows the routes of the API, and the requests received', async () => {
    await using emulator = await EmulatorProcess.start();
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const paths = [api.fibPath({ nextHop: Uint8Array.of(10, 0, 0, 1), weight: 2 })];
    const prefix = { family: 4 as const, address: '192.0.2.0', length: 24 };
    await api.addDelRoute(client, { isAdd: true, tableId: api.tableId(0), prefix, paths });
    const { routes } = await emulator.control({ command: 'fib' });
    expect(routes).toEqual([
      {
        table: 0,
        family: 4,
        prefix: '192.0.2.0/24',
        paths: [{ swIfIndex: 0xffff_ffff, nextHop: '10.0.0.1', weight: 2, type: 0, tableId: 0 }],
      },
    ]);
    const state = await emulator.control({ command: 'state' });
    expect(state).toMatchObject({ vpePid: emulator.pid, clients: 1, received: { ip_route_add_del: 1 } });
    await emulator.control({ command: 'crash' });
    expect((await emulator.exited).signal).toBe('SIGKILL');
  });

  test('the routes of the API: dumped one by one, counted, and as a digest that a test can compute too', async () => {
    await using emulator = await EmulatorProcess.start({ extraConf: DPDK });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const paths = [api.fibPath({ swIfIndex: api.swIfIndex(1), nextHop: Uint8Array.of(10, 0, 0, 1) })];
    const changes = Array.from({ length: 5_000 }, (_, i) => ({
      isAdd: true,
      tableId: api.tableId(0),
      prefix: { family: 4 as const, address: `20.${i >> 8}.${i & 255}.0`, length: 24 },
      paths,
    }));
    expect(await api.addDelRoutes(client, changes)).toEqual({ succeeded: 5_000, failed: 0 });
    await api.addDelMplsTable(client, api.tableId(0), true);
    const label = {
      isAdd: true,
      tableId: api.tableId(0),
      label: 100,
      isEndOfStack: true,
      payload: 0,
      paths,
    } as const;
    await api.addDelMplsRoute(client, label);
    const path = { swIfIndex: 1, nextHop: '10.0.0.1', weight: 1, type: 0, tableId: 0 };
    const expected = new FibDigest();
    for (const { prefix } of changes) {
      const text = `${prefix.address}/${prefix.length}`;
      expected.add(routeLine({ table: 0, family: 4, prefix: text, paths: [path] }));
    }
    expected.add(routeLine({ table: 0, family: 'mpls', prefix: '100/eos', payload: 0, paths: [path] }));
    expect(await emulator.control({ command: 'fib-digest' })).toMatchObject({
      routes: 5_001,
      digest: expected.text,
    });
    const dumped = new FibDigest();
    for await (const route of emulator.dumpFib()) dumped.add(routeLine(route));
    expect(dumped.text).toBe(expected.text);
    await api.addDelMplsRoute(client, { ...label, isAdd: false, paths: [] });
    expected.remove(routeLine({ table: 0, family: 'mpls', prefix: '100/eos', payload: 0, paths: [path] }));
    expect(await emulator.control({ command: 'fib-digest' })).toMatchObject({
      routes: 5_000,
      digest: expected.text,
    });
  });

  test('LCP pairs are recorded, with their own TAPs', async () => {
    const faults = { namespaces: ['dataplane'] };
    await using emulator = await EmulatorProcess.start({ extraConf: DPDK, faults });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const wan = api.swIfIndex(1);
    const host = await api.lcpPairAdd(client, wan, { hostIfName: 'wan', netns: 'dataplane' });
    expect(await api.lcpPairs(client)).toEqual([
      {
        phySwIfIndex: wan,
        hostSwIfIndex: host,
        vifIndex: 101,
        hostType: 'tap',
        hostIfName: 'wan',
        netns: 'dataplane',
      },
    ]);
    await expect(api.lcpPairAdd(client, wan, { hostIfName: 'wan' })).rejects.toMatchObject({ retval: -81 });
    expect((await api.dumpInterfaces(client)).map((one) => one.name)).toContain('tap4096');
    await api.lcpPairDelete(client, wan);
    expect(await api.lcpPairs(client)).toEqual([]);
  });

  test("an interface of VPP's native driver appears after the API, with an event", async () => {
    const extraConf = 'devices { dev pci/0000:03:00.0 { driver ige port 0 { name xe0 } } }';
    await using emulator = await EmulatorProcess.start({ extraConf, faults: { version: '26.06-release' } });
    await using client = await api.VppApiClient.connect(emulator.apiSocket);
    const told: api.SwIfIndex[] = [];
    using _events = api.onInterfaceEvent(client, ({ swIfIndex }) => told.push(swIfIndex));
    await api.wantInterfaceEvents(client);
    const xe0 = async () => (await api.dumpInterfaces(client)).find(({ name }) => name === 'xe0');
    await expect.poll(async () => (await xe0())?.devType).toBe('ige');
    const index = (await xe0())?.swIfIndex;
    await expect.poll(() => told).toContain(index);
  });
});
