/**
 * Every command that VPP's command line is asked for those who ask (src/vpp/cli/table.ts), with arguments of each type
 * that exist and that do not: VPP lives, and answers its API afterwards. On a real VPP with the plugins of a box and
 * with all of them, with nothing configured and with something of everything that can be made without NICs.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createLoopback,
  dumpInterfaces,
  ping,
  runCliInband,
  setInterfaceFlags,
  VppApiClient,
} from '../../src/vpp/api/mod.ts';
import type { ArgumentType } from '../../src/vpp/cli/arguments.ts';
import { type Form, formsOf } from '../../src/vpp/cli/usage.ts';
import { VPP_COMMANDS, VppCommandLine } from '../../src/vpp/mod.ts';
import { SECRET, SET_UP } from './command-table-set-up.ts';
import { type ConformanceVpp, realVppBinary, startVpp, targetName } from './harness.ts';

const BOX = 'the plugins of the tests';
const ALL = 'all plugins';
/** By name, as `extraConf`. */
const PLUGINS: ReadonlyMap<string, string> = new Map([
  [BOX, ''],
  ...(realVppBinary === undefined
    ? []
    : [
        [
          ALL,
          'plugins { plugin default { enable } plugin linux_cp_plugin.so { enable } plugin npt66_plugin.so { enable } }',
        ] as const,
      ]),
]);

/** Some of each that exist on a VPP that was set up, some that do not, the lowest and the highest. */
const VALUES: Readonly<Record<Exclude<ArgumentType, 'INTERFACE' | 'HARDWARE'>, readonly string[]>> = {
  IPV4: [
    ...[
      '10.101.0.1',
      '10.101.0.9',
      '10.101.0.0/24',
      '10.200.0.0/16',
      '10.200.7.7',
      '198.51.100.0/24',
      '0.0.0.0',
    ],
    ...[
      '0.0.0.0/0',
      '0.0.0.0/32',
      '224.0.0.1',
      '224.0.0.0/24',
      '239.255.255.255',
      '255.255.255.255/32',
      '10.1.2.3/7',
    ],
  ],
  IPV6: [
    ...[
      '2001:db8:101::1',
      '2001:db8:101::9',
      '2001:db8:101::/64',
      '2001:db8:200::/48',
      '2001:db8:f::/48',
      '::',
    ],
    ...[
      '::/0',
      '::/128',
      'fe80::1',
      'fe80::/10',
      'ff02::1',
      'ff02::/16',
      '::ffff:192.0.2.1',
      `${'ffff:'.repeat(7)}ffff`,
    ],
  ],
  TABLE: ['0', '7', '8', '2147483647', '2147483648', '4294967294'],
  INDEX: ['0', '1', '2', '17', '1000000', '2147483647', '2147483648', '4294967294'],
  LABEL: ['0', '3', '16', '100', '101', '1048575'],
  'BRIDGE-DOMAIN': ['1', '10', '11', '16777215'],
};

/** What is known to kill or hang VPP, to write a file or to say a key; and the ways round a table. */
const BAD: readonly string[] = [
  'show api dump file /',
  'show api dump file/',
  'show fib source 4294967294',
  'show fib source x',
  'show tap local0',
  'show tun local0',
  'show udp transport ports',
  'show hardware-interfaces 4294967294',
  'show hardware-interfaces verbose4294967294',
  'show interface local0',
  'show interface 0',
  'show interface loop404',
  'show vlib graphviz file x',
  'show vlib graphviz filex',
  'show wireguard interface',
  'show wireguard peer',
  'show ipsec sa 0',
  'show qos mark x',
  'show load-balance',
  'show load-balance 4294967295',
  'show ip fib',
  'show version\nshow tap local0',
];

describe.each([...PLUGINS])(`the table of commands on ${targetName} with %s`, (_, extraConf) => {
  let target: ConformanceVpp;
  let client: VppApiClient;
  let commandLine: VppCommandLine;
  let pid: number;

  const known = async () =>
    (await dumpInterfaces(client)).map(({ name, swIfIndex, supSwIfIndex }) => ({
      name,
      isHardware: swIfIndex === supSwIfIndex,
    }));

  beforeAll(async () => {
    target = await startVpp({ extraConf });
    client = await VppApiClient.connect(target.apiSocket, { clientName: 'conformance' });
    pid = await ping(client);
    commandLine = new VppCommandLine({ cliSocket: target.cliSocket, interfaces: known });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
  });

  /** Runs them all; VPP is asked after each whether it lives. */
  async function runAll(commands: Iterable<string>): Promise<void> {
    let count = 0;
    let unknown = 0;
    let slowest = { ms: 0, command: '' };
    let longest = { characters: 0, command: '' };
    for (const command of commands) {
      const began = performance.now();
      const output = await commandLine.run(command).catch((error: unknown) => {
        throw new Error(`"${command}" ended VPP, or did not end: ${String(error)}`, { cause: error });
      });
      const ms = performance.now() - began;
      expect([command, await ping(client)]).toEqual([command, pid]);
      expect([command, output.toLowerCase().includes(SECRET)]).toEqual([command, false]);
      count++;
      if (/unknown input|parse error/.test(output)) unknown++;
      if (ms > slowest.ms) slowest = { ms, command };
      if (output.length > longest.characters) longest = { characters: output.length, command };
    }
    process.stdout.write(
      `${count} commands, ${unknown} unknown to this VPP; slowest ${slowest.ms.toFixed(0)} ms: ${slowest.command}; ` +
        `longest ${longest.characters} characters: ${longest.command}\n`,
    );
    expect(count).toBeGreaterThan(500);
  }

  async function commandsNow(): Promise<string[]> {
    const all = (await known()).filter(({ name }) => name !== 'local0');
    const names: Record<'INTERFACE' | 'HARDWARE', string[]> = {
      INTERFACE: all.map(({ name }) => name),
      HARDWARE: all.filter(({ isHardware }) => isHardware).map(({ name }) => name),
    };
    const values = { ...VALUES, ...names };
    const written = (form: Form): string[] =>
      form.reduce<string[]>(
        (texts, piece) => {
          const words = piece.kind === 'word' ? [piece.word] : values[piece.type];
          return texts.flatMap((text) => words.map((word) => (text === '' ? word : `${text} ${word}`)));
        },
        [''],
      );
    return VPP_COMMANDS.flatMap(formsOf).flatMap(written);
  }

  it('leaves a VPP alive that has little configured', { timeout: 300_000 }, async () => {
    const loop = await createLoopback(client, { instance: 100 });
    await setInterfaceFlags(client, loop, { adminUp: true });
    await runAll(await commandsNow());
  });

  it('leaves a VPP alive that has something of everything', { timeout: 600_000 }, async (ctx) => {
    if (!target.isReal) ctx.skip('the emulator has little of it');
    let done = 0;
    for (const command of SET_UP) {
      try {
        await runCliInband(client, command);
        done++;
      } catch {
        // what this version or its plugins do not have is not shown either
        process.stdout.write(`not set up: ${command}\n`);
      }
    }
    process.stdout.write(`${done} of ${SET_UP.length} parts are set up\n`);
    // the key is there, for a command that says it
    expect(await runCliInband(client, 'show ipsec sa 0')).toContain(SECRET);
    await runAll(await commandsNow());
  });

  it('refuses what kills or hangs it, before it gets there', async () => {
    for (const command of BAD) {
      await expect(commandLine.run(command), command).rejects.toMatchObject({ code: 'cli-refused' });
      expect([command, await ping(client)]).toEqual([command, pid]);
    }
  });
});
