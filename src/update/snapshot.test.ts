import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { makeInterface, makeStatus } from '../../test/fixtures/status.ts';
import type { ApplianceStatus } from '../status/mod.ts';
import { snapshotOf } from './snapshot.ts';
import { interfaceConfig } from '../config/interface-config.ts';

const base = defaultConfig();
const config: Config = { ...base, vpp: { ...base.vpp, enabled: true } };
const facts = { configSha256: 'aa', http: { listening: true } };
const fib: ApplianceStatus['fib'] = (['vpp', 'kernel'] as const).map((backend) => ({
  backend,
  status: { state: 'synced', since: 1 },
  desired: backend === 'vpp' ? 10 : 4,
  programmed: backend === 'vpp' ? 9 : 3,
  pending: 0,
  failed: 0,
  unresolved: 0,
  families: [],
  failures: [],
  nextHopsLeftOut: 0,
  leftOut: [],
  batches: 1,
  isReplaying: false,
}));

describe('snapshotOf', () => {
  it('describes the forwarding plane: VPP, or the kernel where VPP is disabled', () => {
    const status = makeStatus({
      fib,
      interfaces: [
        makeInterface('wan', { dataPlane: 'vpp', link: 'up', adminUp: true }),
        makeInterface('tap', { dataPlane: 'vpp', link: 'unknown', adminUp: true }),
        makeInterface('lan', { dataPlane: 'vpp', link: 'down', adminUp: true }),
        makeInterface('local0', { dataPlane: 'vpp', state: { state: 'unconfigured' } }),
        makeInterface('eth1', { dataPlane: 'kernel', link: 'up', adminUp: true }),
      ],
    });
    const withVpp = snapshotOf(status, config, facts);
    expect(withVpp.routes).toEqual({ wanted: 10, programmed: 9, pending: 0 });
    expect(withVpp.links).toEqual([
      { name: 'wan', up: true },
      { name: 'tap', up: true },
      { name: 'lan', up: false },
    ]);
    const kernelOnly = snapshotOf(status, { ...config, vpp: { ...config.vpp, enabled: false } }, facts);
    expect(kernelOnly.vpp).toEqual({ state: 'disabled' });
    expect(kernelOnly.routes).toEqual({ wanted: 4, programmed: 3, pending: 0 });
    expect(kernelOnly.links).toEqual([{ name: 'eth1', up: true }]);
  });

  it('requires no routes where VPP runs without its FIB', () => {
    const none = fib.map((one) => (one.backend === 'vpp' ? { ...one, backend: 'none' as const } : one));
    expect(snapshotOf(makeStatus({ fib: none }), config, facts).routes).toEqual({
      wanted: 0,
      programmed: 0,
      pending: 0,
    });
  });

  it('omits an interface that the configuration disables', () => {
    const wan = interfaceConfig({ name: 'wan', enabled: false });
    const status = makeStatus({ interfaces: [makeInterface('wan', { dataPlane: 'vpp', link: 'down' })] });
    expect(snapshotOf(status, { ...config, interfaces: [wan] }, facts).links).toEqual([]);
  });

  it('reports why VPP is not connected: the process when it is not running, else the API', () => {
    const vppOf = (vpp: Partial<ApplianceStatus['vpp']>): unknown =>
      snapshotOf(makeStatus({ vpp: { ...makeStatus().vpp, ...vpp } }), config, facts).vpp;
    const api = { state: 'disconnected', since: 1, reason: 'the socket closed' } as const;
    expect(
      vppOf({ api, process: { state: 'looping', reason: 'exited', since: 1, nextTryAt: 2, failures: 5 } }),
    ).toEqual({ state: 'down', reason: 'it is looping: exited' });
    expect(vppOf({ api, process: { state: 'running', pid: 7, since: 1 } })).toEqual({
      state: 'down',
      reason: 'its API is disconnected: the socket closed',
    });
  });

  it('distinguishes one life of VPP from the next', () => {
    const lifeOf = (restarts: number, vpePid: number): unknown =>
      snapshotOf(
        makeStatus({
          vpp: { ...makeStatus().vpp, restarts, api: { state: 'connected', since: 1, vpePid } },
        }),
        config,
        facts,
      ).vpp;
    expect(lifeOf(0, 7)).toEqual(lifeOf(0, 7));
    expect(lifeOf(0, 7)).not.toEqual(lifeOf(0, 8));
    expect(lifeOf(0, 7)).not.toEqual(lifeOf(1, 7));
  });

  it('copies the states of management and the configuration', () => {
    const status = makeStatus({
      config: {
        state: 'rejected',
        source: 'last-good',
        path: 'x',
        reason: '2 mistakes',
        problems: [],
      },
      management: { state: 'failed', interface: 'eth0', method: 'static', reason: 'no such interface' },
    });
    const snapshot = snapshotOf(status, config, facts);
    expect(snapshot.config).toEqual({ state: 'rejected', reason: '2 mistakes', sha256: 'aa' });
    expect(snapshot.management).toEqual({ state: 'waiting', reason: 'no such interface' });
  });
});
