/**
 * `appliance run`: everything that PID 1 runs, without owning the machine. For containers, an external VPP and
 * development.
 */
import { mkdirSync, statSync } from 'node:fs';
import { directoryDataPartition, replaceFile } from '../disk/mod.ts';
import { setChildSubreaper } from '../linux/mod.ts';
import { loadConfig } from '../live/mod.ts';
import { Console } from '../log/mod.ts';
import { runSteps, type ShutdownStep } from '../machine/mod.ts';
import { startReaper } from '../supervise/mod.ts';
import { Appliance, VERSION } from './appliance.ts';
import { Reports } from './reports.ts';

/**
 * Removing a full table from the kernel takes 15 to 25 s; with the other steps this stays below the 90 s that systemd
 * waits. PID 1 does not do it: its machine forwards until it stops.
 */
const KERNEL_ROUTES_MS = 60_000;

export interface RunOptions {
  readonly configPath: string;
  /** Directory of this run's files; VPP's runtime directory is `vpp` below it. */
  readonly runDir: string;
  readonly startedAt: number;
}

/** Runs until SIGINT or SIGTERM; resolves with the exit code. */
export async function runAppliance(options: RunOptions): Promise<number> {
  using console = new Console(['/proc/self/fd/2'], { startedAt: options.startedAt });
  const { promise: requested, resolve: requestEnd } = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => requestEnd(signal));
  // Reloads the configuration. From the first moment on: a terminal that hangs up must not end the appliance.
  const running: { appliance?: Appliance } = {};
  process.on('SIGHUP', () => void running.appliance?.reload());
  // A closed terminal must not end the appliance.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  const loaded = loadConfig(options.configPath);
  const { status } = loaded;
  if (status.state !== 'ok') {
    for (const { line, leaf, message } of status.problems) {
      console.error('config', `${status.path}:${line}: ${leaf}: ${message}`);
    }
    console.error('config', status.reason);
    return 1;
  }
  mkdirSync(options.runDir, { recursive: true });
  console.info(
    'appliance',
    `version ${VERSION}, pid ${process.pid}, node ${process.version}, ${options.startedAt.toFixed(0)} ms after its start`,
  );
  const reports = new Reports(console, options.startedAt);
  const appliance = new Appliance({
    reports,
    runDir: options.runDir,
    vppRunDir: `${options.runDir}/vpp`,
    loaded,
    media: {
      boot: undefined,
      data: directoryDataPartition(`${options.runDir}/data`, false),
      writeConfig: (text) =>
        replaceFile(options.configPath, text, { mode: statSync(options.configPath).mode & 0o777 }),
      builtAt: 0,
    },
  });
  running.appliance = appliance;
  let exitCode = 0;
  const fatal = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split('\n')) console.error('fatal', line);
    exitCode = 1;
    requestEnd('an uncaught exception');
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  setChildSubreaper(true);
  using _reaper = startReaper(() => {});
  await reports.phases.run([{ name: 'configuration', run: () => options.configPath }, ...appliance.phases()]);
  reports.phases.finish();
  const why = await requested;
  console.info('shutdown', why);
  appliance.endChanges();
  const kernelRoutes: ShutdownStep = {
    name: 'kernel routes removed',
    timeoutMs: KERNEL_ROUTES_MS,
    run: () => appliance.dataPlane.kernel.removeRoutes(),
  };
  await runSteps(appliance.shutdownSteps([kernelRoutes]), console);
  return exitCode;
}
