/**
 * PID 1: owns the machine from the kernel's hand-over to reboot(2).
 *
 * Invariants: no error leaves this process (PID 1's end panics the kernel); nothing writes to a terminal
 * synchronously; signals have their handlers before anything else happens.
 */
import { readFileSync } from 'node:fs';
import { createNamedNetns, ModuleLoader, reboot } from '../linux/mod.ts';
import { Appliance, VERSION } from './appliance.ts';
import { CONFIG_FILE, mountBootPartition } from './boot-partition.ts';
import { activeConsoles, Console } from './console.ts';
import { BASE_MODULES, coldplug, loadByName, TAP_MODULES, VFIO_MODULES } from './hardware-modules.ts';
import { applyIdentity, applySysctls } from './kernel-settings.ts';
import { loadConfig } from './load-config.ts';
import { Management } from './management.ts';
import { mountAll, mountHugetlbfs } from './mounts.ts';
import { findPowerButtons, watchPowerButtons } from './power-button.ts';
import { startReaper } from './reaper-loop.ts';
import { endMachine, machineSteps, type PowerAction, runSteps } from './shutdown.ts';

const RUN_DIRECTORY = '/run/appliance';
const VPP_RUN_DIRECTORY = '/run/vpp';
const SELF = '/init';
/** If the orderly way takes longer than this after a fatal error, the machine restarts without it. */
const FATAL_DEADLINE_MS = 20_000;

/** What ends the machine and how: busybox init's signals, and the kernel's for Ctrl-Alt-Del. */
const SIGNAL_ACTIONS: Readonly<Partial<Record<NodeJS.Signals, PowerAction>>> = {
  SIGINT: 'restart',
  SIGTERM: 'restart',
  SIGUSR1: 'halt',
  SIGUSR2: 'power-off',
};

/** Takes the machine over. Resolves when the boot is through; the machine runs on. */
export async function runPid1(startedAt: number): Promise<void> {
  process.on('SIGPIPE', () => {});
  let onSignal = (_action: PowerAction, _why: string): void => {};
  for (const [signal, action] of Object.entries(SIGNAL_ACTIONS)) {
    process.on(signal, () => onSignal(action, signal));
  }
  const console = new Console([], { lineEnd: '\r\n', startedAt });
  const appliance = new Appliance({
    mode: 'pid1',
    console,
    startedAt,
    runDir: RUN_DIRECTORY,
    vppRunDir: VPP_RUN_DIRECTORY,
  });
  let ending = false;
  const end = (action: PowerAction, why: string): void => {
    if (ending) return;
    ending = true;
    console.info('shutdown', `${action}: ${why}`);
    endInOrder(appliance, action).catch((error: unknown) => {
      console.error('shutdown', String(error));
      endMachine(action);
    });
  };
  onSignal = end;
  // A looping VPP is tried at once. Without a handler SIGHUP would end this process.
  process.on('SIGHUP', () => appliance.retryVpp());
  // As other runtimes do: fail now, and say where. The way out is that of any uncaught exception.
  process.on('SIGQUIT', () => {
    setImmediate(() => {
      throw new Error('SIGQUIT was received');
    });
  });
  const fatal = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n')) console.error('fatal', line);
    // A second one while the machine ends must not stop the ending.
    setTimeout(() => endMachine('restart'), FATAL_DEADLINE_MS).unref();
    end('restart', 'an uncaught exception');
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  startReaper((count) => console.info('reaper', `${count} orphan${count === 1 ? '' : 's'} reaped`));

  let loader: ModuleLoader | undefined;
  const modules = (): ModuleLoader => {
    const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
    loader ??= new ModuleLoader({ modulesDir: `/lib/modules/${release}` });
    return loader;
  };

  await appliance.phases.run([
    { name: 'mounts', run: mountAll },
    {
      name: 'consoles',
      run() {
        const consoles = activeConsoles();
        console.attach(consoles);
        reboot('cad-off');
        console.info(
          'appliance',
          `version ${VERSION}, pid ${process.pid}, node ${process.version}, ${startedAt.toFixed(0)} ms after its start`,
        );
        return consoles.join(' ');
      },
    },
    {
      name: 'modules',
      async run() {
        const outcomes = await coldplug(modules());
        const failed = outcomes.filter(({ result }) => result === 'failed');
        for (const { name, error } of failed) console.warning('modules', `${name}: ${error ?? 'failed'}`);
        const loaded = outcomes.filter(({ result }) => result === 'loaded').length;
        return `${loaded} for this machine's devices; ${loadByName(modules(), BASE_MODULES)}`;
      },
    },
    {
      name: 'boot-partition',
      async run() {
        const device = await mountBootPartition();
        appliance.conditions.clear('boot-partition');
        return device;
      },
    },
    {
      name: 'configuration',
      run() {
        const { config, status } = loadConfig(CONFIG_FILE);
        appliance.configure(config, status);
        return status.state === 'ok' ? CONFIG_FILE : status.reason;
      },
    },
    { name: 'identity', run: () => applyIdentity(appliance.config.system.hostname) },
    { name: 'sysctls', run: applySysctls },
    {
      name: 'management',
      run() {
        const management = new Management({
          config: appliance.config,
          logger: console,
          chooseInterface: () => appliance.freeKernelInterface(),
          self: SELF,
          onChange: (status) => {
            if (status.state === 'failed' || status.state === 'none') {
              appliance.conditions.set('error', 'management', status.reason);
            } else if (status.state === 'configuring') {
              appliance.conditions.set('warning', 'management', status.reason);
            } else {
              appliance.conditions.clear('management');
            }
          },
        });
        appliance.management = management;
        // Not awaited: a network that does not answer delays nobody.
        management.start().catch((error: unknown) => console.error('management', String(error)));
        return 'in the background';
      },
    },
    {
      name: 'namespace',
      run() {
        const { netns } = appliance.config.vpp.lcp;
        return `${netns} ${createNamedNetns(netns)}`;
      },
    },
    {
      name: 'vfio',
      run() {
        if (!appliance.config.vpp.enabled) return 'not needed: VPP is disabled';
        mountHugetlbfs(appliance.config.vpp.memory.hugepageSize);
        const { unsafeNoIommu } = appliance.config.vpp.dpdk;
        return loadByName(modules(), [
          ...VFIO_MODULES,
          ...TAP_MODULES,
          ...(unsafeNoIommu ? ['uio_pci_generic'] : []),
        ]);
      },
    },
    { name: 'data-plane', run: () => appliance.dataPlane.start() },
    { name: 'http', run: () => appliance.startHttp() },
    {
      name: 'power-button',
      run() {
        const buttons = findPowerButtons();
        watchPowerButtons(buttons, () => end('power-off', 'the power button was pressed'));
        return buttons.length === 0 ? 'this machine has none' : buttons.join(' ');
      },
    },
  ]);
  for (const phase of appliance.phases.report) {
    if (phase.state === 'failed') appliance.conditions.set('error', `boot ${phase.name}`, phase.reason);
  }
  listNics(appliance);
}

/** The NICs and the line that gives each to VPP: how a user learns the addresses. */
function listNics(appliance: Appliance): void {
  for (const nic of appliance.status().nics) {
    const facts = [
      nic.kernelName,
      nic.mac,
      nic.driver,
      `link ${nic.link}`,
      `IOMMU group ${nic.iommuGroup ?? 'none'}`,
    ];
    const line = nic.iniLine.split('\n').join(' ');
    appliance.console.info(
      'nic',
      `${nic.pciAddress} ${facts.filter((fact) => fact !== undefined).join(' ')}: ${line}`,
    );
  }
}

/** Services, NICs, processes, file systems, disks, reboot(2): in this order, each bounded. */
async function endInOrder(appliance: Appliance, action: PowerAction): Promise<void> {
  const { console } = appliance;
  let dataPlane: Appliance['dataPlane'] | undefined;
  try {
    dataPlane = appliance.dataPlane;
  } catch {
    // The end came before the configuration: there is nothing to stop.
  }
  await runSteps(
    [
      { name: 'VPP stopped', timeoutMs: 8_000, run: () => dataPlane?.stop() },
      { name: 'NICs restored', timeoutMs: 5_000, run: () => dataPlane?.restoreNics() },
      { name: 'management stopped', timeoutMs: 3_000, run: () => appliance.management?.stop() },
      { name: 'HTTP stopped', timeoutMs: 1_000, run: () => appliance.stopHttp() },
      ...machineSteps(),
    ],
    console,
  );
  console.info('shutdown', `${action} now`);
  console[Symbol.dispose]();
  endMachine(action);
}
