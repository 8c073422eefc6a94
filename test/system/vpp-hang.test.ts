/**
 * `appliance run` whose VPP hangs: stopped, busy for ever, not the appliance's own, or only seemingly so because the
 * appliance itself stood still. And a VPP that loops, tried on request. The long forms are in test/e2e/vpp-hang.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { onlineCpus } from '../../src/linux/mod.ts';
import { EmulatorProcess, testStartupConf } from '../emulator/emulator.ts';
import { beginLoad, hangAndRecover, withHangingVpp } from './hanging-vpp.ts';
import { EXECUTABLE, RunningAppliance, withExternalVpp, withOwnVpp } from './running-appliance.ts';

const ANSWER_TIMEOUT = 3;
const VPP = `answer-timeout = ${ANSWER_TIMEOUT}`;
/** What it may take from a hang on until packets are forwarded again. */
const RECOVERY_SECONDS = ANSWER_TIMEOUT + 15;
const ROUTES = 150_000;
/** Of one test, most of which is the start of programs. */
const TIMEOUT_MS = 120_000;
const MORE = `[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
[supervisor]
stable-ms = 500
`;
const HUNG = /^killed by SIGABRT after \d+\.\d s: hung, last answer (\d+\.\d) s ago$/;

const programmed = (running: RunningAppliance, routes: number) =>
  running.until(`${routes} routes`, ({ fib }) => fib[0]?.programmed === routes);

function command(running: RunningAppliance, args: readonly string[]) {
  return spawnSync(EXECUTABLE, [...args, '--run-dir', running.runDir], { encoding: 'utf8' });
}

describe('a VPP of its own that hangs', { timeout: TIMEOUT_MS }, () => {
  // Before the others, which run beside each other: it is held against the clock.
  it('is ended when it is stopped, and when it is busy in the middle of a load, and started again', async () => {
    await using running = new RunningAppliance(withHangingVpp({ vpp: VPP, more: MORE }));
    await programmed(running, 1);
    const stopped = await hangAndRecover(running, 'stop', 1);
    expect(stopped.seconds).toBeLessThan(RECOVERY_SECONDS);
    expect(Number(HUNG.exec(stopped.reason)?.[1])).toBeGreaterThanOrEqual(ANSWER_TIMEOUT);
    expect(running.output).toMatch(/vpp: error: hung, last answer \d+\.\d s ago: it is ended/);

    // Stable again, so that the next end of VPP is the first one of its row.
    await sleep(600);
    const loaded = await beginLoad(running, ROUTES);
    const busy = await hangAndRecover(running, 'spin', ROUTES + 1);
    expect(await loaded.exitCode).toBe(0);
    expect(busy.seconds).toBeLessThan(RECOVERY_SECONDS);
    expect(busy.reason).toMatch(HUNG);

    const after = await running.status();
    expect(after?.vpp).toMatchObject({ restarts: 2, hangs: 2, process: { state: 'running' } });
    expect(running.output).not.toMatch(/looping/);
    const metrics = await (await fetch(`${running.url}/metrics`)).text();
    expect(metrics).toMatch(/^appliance_vpp_hangs_total 2$/m);
  });
});

describe.concurrent('a VPP that seems to hang', { timeout: TIMEOUT_MS }, () => {
  it('does not, while the appliance itself stands still, or both do', async () => {
    await using running = new RunningAppliance(withHangingVpp({ vpp: VPP, more: MORE }));
    const { vpp } = await programmed(running, 1);
    const own = running.child.pid ?? 0;
    process.kill(own, 'SIGSTOP');
    await sleep(1.5 * ANSWER_TIMEOUT * 1000);
    process.kill(own, 'SIGCONT');
    await sleep(500);
    for (const pid of [own, vpp.pid ?? 0]) process.kill(pid, 'SIGSTOP');
    await sleep(1.5 * ANSWER_TIMEOUT * 1000);
    process.kill(own, 'SIGCONT');
    await sleep((ANSWER_TIMEOUT * 1000) / 2);
    process.kill(vpp.pid ?? 0, 'SIGCONT');
    await sleep(ANSWER_TIMEOUT * 1000);
    expect((await running.status())?.vpp).toMatchObject({ pid: vpp.pid, restarts: 0, hangs: 0 });
    expect(running.output).not.toMatch(/hung/);
  });
});

describe.concurrent('a VPP of someone else that hangs', { timeout: TIMEOUT_MS }, () => {
  it('is said to, connected again when it goes on, and left alone', async () => {
    await using vpp = await EmulatorProcess.start();
    const config = withExternalVpp(vpp, { more: MORE });
    await using running = new RunningAppliance((dir) => ({
      ...config(dir),
      vpp: `${config(dir).vpp}\n${VPP}`,
    }));
    await programmed(running, 1);
    // The sweep that comes last may take its time.
    await running.untilSo(
      'all is told',
      () => /fib: 1 of 1 routes programmed/.test(running.output) || undefined,
    );
    process.kill(vpp.pid, 'SIGSTOP');
    await running.until('it is said', ({ conditions }) =>
      conditions.some(({ severity, reason }) => severity === 'error' && /hung, last answer/.test(reason)),
    );
    expect(JSON.parse(command(running, ['show', 'health', '--json']).stdout)).toMatchObject({
      ready: false,
      level: 'error',
      sentences: expect.arrayContaining([
        expect.objectContaining({ text: expect.stringMatching(/disconnected from VPP: hung, last answer/) }),
      ]),
    });
    await sleep(1_000);
    process.kill(vpp.pid, 'SIGCONT');
    const after = await programmed(running, 1);
    expect(after.vpp).toMatchObject({ pid: vpp.pid, restarts: 0, hangs: 1 });
    expect(after.conditions.filter(({ severity }) => severity === 'error')).toEqual([]);
    // One that is gone does not hang.
    await vpp.kill();
    await sleep((ANSWER_TIMEOUT + 1) * 1000);
    expect((await running.status())?.vpp).toMatchObject({ api: { state: 'connecting' }, hangs: 1 });
  });
});

describe.concurrent('a worker of VPP that stands still', { timeout: TIMEOUT_MS }, () => {
  it('is said until it goes on', async (ctx) => {
    const [main = 0, core] = onlineCpus();
    if (core === undefined) ctx.skip('a worker thread needs a core beside the main thread');
    const startupConf = testStartupConf('${dir}').replace(
      'cpu { main-core 0 }',
      `cpu { main-core ${main} corelist-workers ${core} }`,
    );
    await using vpp = await EmulatorProcess.start({ startupConf });
    await using running = new RunningAppliance(withExternalVpp(vpp, { more: MORE }));
    await programmed(running, 1);
    await vpp.control({ command: 'stall', worker: 0, stalled: true });
    const said = await running.until('it is said', ({ conditions }) => conditions.length > 0);
    expect(said.conditions).toMatchObject([
      {
        severity: 'error',
        subject: 'vpp-workers',
        reason: expect.stringMatching(/^vpp_wk_0 of VPP stands still/),
      },
    ]);
    const ready = await fetch(`${running.url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('vpp_wk_0 stands still'),
    ]);
    await vpp.control({ command: 'stall', worker: 0, stalled: false });
    await running.until('it is over', ({ conditions }) => conditions.length === 0);
  });
});

describe.concurrent('a VPP that waits for its next start', { timeout: TIMEOUT_MS }, () => {
  it('is tried at once when asked; in other states it is said what VPP does', async () => {
    await using running = new RunningAppliance((dir) => {
      const config = withOwnVpp({
        more: `${MORE}loop-after = 2\nbackoff-ms = 10\nloop-retry-ms = 86400000\n`,
      })(dir);
      renameSync(join(dir, 'vpp'), join(dir, 'vpp.away'));
      return config;
    });
    const retry = () => command(running, ['vpp', 'retry', '--json']);
    await running.until('it loops', ({ vpp }) => vpp.process.state === 'looping');
    expect(JSON.parse(command(running, ['reload', '--json']).stdout)).toMatchObject({ result: 'unchanged' });
    const before = (await running.status())?.vpp.restarts;
    expect(JSON.parse(retry().stdout)).toMatchObject({
      result: 'retried',
      message: expect.stringMatching(/^VPP is started now; it had failed 2 times in a row: .*vpp/),
    });
    await running.until('it was tried, and loops on', ({ vpp }) => {
      return vpp.restarts === (before ?? 0) + 1 && vpp.process.state === 'looping';
    });

    renameSync(join(running.dir, 'vpp.away'), join(running.dir, 'vpp'));
    expect(retry().status).toBe(0);
    await programmed(running, 1);
    const again = retry();
    expect(again.status).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      result: 'unchanged',
      message: expect.stringMatching(/^VPP is running for .* \(pid \d+\): there is nothing to retry$/),
    });
    expect(existsSync(join(running.dir, 'api.sock'))).toBe(true);
  });

  it('hangs as little as one that is gone', async () => {
    const more = `${MORE}backoff-ms = 60000\nbackoff-max-ms = 60000\n`;
    await using running = new RunningAppliance(withOwnVpp({ vpp: VPP, more }));
    await programmed(running, 1);
    await running.crashVpp();
    await running.until('it waits', ({ vpp }) => vpp.process.state === 'backoff');
    await sleep((ANSWER_TIMEOUT + 1) * 1000);
    expect((await running.status())?.vpp).toMatchObject({ process: { state: 'backoff' }, hangs: 0 });
    expect(running.output).not.toMatch(/hung/);
    expect(JSON.parse(command(running, ['vpp', 'retry', '--json']).stdout)).toMatchObject({
      result: 'retried',
    });
    await programmed(running, 1);
  });

  it('that is someone else’s cannot be tried', async () => {
    await using vpp = await EmulatorProcess.start();
    await using running = new RunningAppliance(withExternalVpp(vpp));
    await running.until('it is connected', ({ vpp: { api } }) => api.state === 'connected');
    const refused = command(running, ['vpp', 'retry']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('VPP is external (vpp.external = true): it is not started here');
  });
});
