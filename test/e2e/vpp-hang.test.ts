/**
 * A VPP that hangs again and again, with the times of a box: `appliance run` on this machine, with the emulator or with
 * the VPP that `VPP_BIN` names. The hangs are a stable life apart, so that none makes VPP count as looping.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { realVppBinary } from '../conformance/harness.ts';
import {
  beginLoad,
  type Hang,
  hangAndRecover,
  type Recovery,
  withHangingVpp,
} from '../system/hanging-vpp.ts';
import { RunningAppliance } from '../system/running-appliance.ts';
import { reliabilityCase } from './reliability.ts';

const TIMES = Number(process.env['HANG_TIMES'] ?? 10);
/** The defaults of vpp.answer-timeout and supervisor.stable-ms. */
const ANSWER_TIMEOUT = 20;
const STABLE_SECONDS = 60;
const RECOVERY_SECONDS = ANSWER_TIMEOUT + 15;
const ROUTES = 100_000;
const MORE = `[interface.loop0]
addresses = 192.0.2.1/24
[route]
10.0.0.0/8 = 192.0.2.254
`;

async function hangOften(hang: Hang): Promise<string> {
  await using running = new RunningAppliance(withHangingVpp({ more: MORE }));
  await running.until('VPP is programmed', ({ fib }) => fib[0]?.programmed === 1);
  const recoveries: Recovery[] = [];
  for (let time = 0; time < TIMES; time++) {
    await sleep((STABLE_SECONDS + 2) * 1000);
    const loaded = await beginLoad(running, ROUTES, time);
    const recovery = await hangAndRecover(running, hang, ROUTES + 1);
    expect(await loaded.exitCode).toBe(0);
    process.stdout.write(`${hang} ${time + 1}: ${recovery.seconds.toFixed(1)} s: ${recovery.reason}\n`);
    recoveries.push(recovery);
  }
  for (const { seconds, reason } of recoveries) {
    expect(seconds).toBeLessThan(RECOVERY_SECONDS);
    expect(reason).toMatch(/hung, last answer \d+\.\d s ago/);
  }
  const vpp = (await running.status())?.vpp;
  expect(vpp).toMatchObject({ restarts: TIMES, hangs: TIMES });
  const all = recoveries.map(({ seconds }) => seconds.toFixed(1)).join(', ');
  const name = realVppBinary === undefined ? 'the emulator' : `VPP ${vpp?.version}`;
  return `${name}: ${ROUTES} routes back after ${all} s`;
}

describe('a VPP that hangs', () => {
  const timeoutMs = TIMES * (STABLE_SECONDS + 2 * RECOVERY_SECONDS) * 1000;
  reliabilityCase(`stopped, ${TIMES} times`, { kind: 'hang', timeoutMs }, () => hangOften('stop'));
  reliabilityCase(`busy in one command, ${TIMES} times`, { kind: 'hang', timeoutMs }, () =>
    hangOften('spin'),
  );
});
