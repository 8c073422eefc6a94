/** The plugins section, the sections that plugins read (dpdk, linux-cp, linux-nl), and that of VPP's native drivers. */

import { isFrom, type Release } from './release.ts';
import type { Draft } from './startup-conf-core.ts';
import { TokenCursor } from './startup-conf-text.ts';
import { refuse } from './startup-refusal.ts';

const NUMBER = /^\d+$/;
const PCI = /^[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\.[0-7]$/;
const MAX_NETNS = 31;

export function readPlugins(tokens: TokenCursor, draft: Draft): void {
  while (!tokens.isAtEnd) {
    if (tokens.take('plugin default')) {
      draft.pluginsByDefault = !new TokenCursor(tokens.block() ?? []).take('disable');
      continue;
    }
    const path =
      tokens.value('path') ??
      tokens.value('add-path') ??
      tokens.value('name-filter') ??
      tokens.value('vat-path') ??
      tokens.value('vat-name-filter');
    if (path !== undefined) continue;
    const name = tokens.value('plugin');
    const block = name === undefined ? undefined : tokens.block();
    if (name === undefined || block === undefined) {
      refuse(`vlib_plugin_config: unknown input '${tokens.rest}'`, 1);
    }
    if (draft.plugins.has(name)) refuse(`config_one_plugin: plugin '${name}' already configured`, 1);
    const inner = new TokenCursor(block);
    let enabled = draft.pluginsByDefault;
    while (!inner.isAtEnd) {
      if (inner.take('enable')) enabled = true;
      else if (inner.take('disable')) enabled = false;
      else if (!inner.take('skip-version-check'))
        refuse(`config_one_plugin: unknown input ' ${inner.rest}'`, 1);
    }
    draft.plugins.set(name, enabled);
  }
}

function readDpdkDevice(pciAddress: string, tokens: TokenCursor, draft: Draft): void {
  let name: string | undefined;
  let [rxQueues, txQueues] = [0, 0];
  const values = ['num-rx-desc', 'num-tx-desc', 'tag', 'workers', 'devargs'];
  values.push('rss-queues', 'max-lro-pkt-size');
  while (!tokens.isAtEnd) {
    if (tokens.take('no-rx-interrupts') || tokens.take('tso on') || tokens.take('tso off')) continue;
    if (tokens.take('rss') && tokens.block() !== undefined) continue;
    const given = tokens.value('name');
    const rx = given ?? tokens.value('num-rx-queues', NUMBER);
    const tx = rx ?? tokens.value('num-tx-queues', NUMBER);
    if (given !== undefined) name = given;
    else if (rx !== undefined) rxQueues = Number(rx);
    else if (tx !== undefined) txQueues = Number(tx);
    else if (!values.some((key) => tokens.value(key) !== undefined)) {
      refuse(`dpdk_device_config: unknown input \`${tokens.rest}'`, 0);
    }
  }
  if (pciAddress === 'default') return;
  if (draft.dpdkDevices.some((device) => device.pciAddress === pciAddress)) {
    refuse(`dpdk_device_config: duplicate configuration for PCI address ${pciAddress}`, 0);
  }
  draft.dpdkDevices.push({ pciAddress, name, rxQueues, txQueues });
}

export function readDpdk(tokens: TokenCursor, draft: Draft): void {
  const flags = [
    'no-hugetlb',
    'telemetry',
    'enable-tcp-udp-checksum',
    'enable-outer-checksum-offload',
    'no-vmbus',
  ];
  flags.push(
    'no-tx-checksum-offload',
    'decimal-interface-names',
    'no-multi-seg',
    'enable-lro',
    'uio-bind-force',
  );
  flags.push('no-pci', 'default', 'no-hpet', 'no-huge', 'vmware-tsc-map');
  const values = [
    'max-simd-bitwidth',
    'link-state-poll-interval',
    'stats-poll-interval',
    'uio-driver',
    'socket-mem',
  ];
  values.push(
    'blacklist',
    'vdev',
    'log-level',
    'file-prefix',
    'huge-dir',
    'proc-type',
    'iova-mode',
    'base-virtaddr',
  );
  while (!tokens.isAtEnd) {
    const device = tokens.value('dev', PCI) ?? tokens.value('dev', /^default$/);
    if (device !== undefined) {
      readDpdkDevice(device.toLowerCase(), new TokenCursor(tokens.block() ?? []), draft);
    } else if (
      !flags.some((flag) => tokens.take(flag)) &&
      !values.some((key) => tokens.value(key) !== undefined)
    ) {
      refuse(`dpdk_config: unknown input \`${tokens.rest}'`, 0);
    }
  }
}

/** VPP's native drivers for the emulated NICs, by the first release that has them. */
const NATIVE_DRIVERS: ReadonlyMap<string, Release> = new Map([['ige', [26, 2]]]);
const MAX_NATIVE_QUEUES = 4;

interface Port {
  name: string | undefined;
  queues: number;
}

/** The settings of a port's block; undefined, with the rest, for unknown input. */
function readPort(tokens: TokenCursor): Port | { readonly unknown: string } {
  const port: Port = { name: undefined, queues: 1 };
  const sizes = ['rx-queue-size', 'tx-queue-size'];
  while (!tokens.isAtEnd) {
    const name = tokens.value('name');
    const queues = name ?? tokens.value('num-rx-queues', NUMBER) ?? tokens.value('num-tx-queues', NUMBER);
    if (name !== undefined) port.name = name;
    else if (queues !== undefined) port.queues = Math.max(port.queues, Number(queues));
    else if (!sizes.some((key) => tokens.value(key, NUMBER) !== undefined)) return { unknown: tokens.rest };
  }
  return port;
}

/**
 * vnet/dev/config.c: read by a process of VPP when its main loop runs. Nothing in it ends VPP; a mistake is logged,
 * and ends the reading: later devices have no interface.
 */
export function readDevices(tokens: TokenCursor, draft: Draft): void {
  const complain = (words: string): void => void draft.warnings.push(`dev/config: ${words}`);
  while (!tokens.isAtEnd) {
    const device = tokens.value('dev');
    if (device === undefined) return complain(`unknown input '${tokens.rest}'`);
    const inner = new TokenCursor(tokens.block() ?? []);
    let driver = '';
    let port: Port | undefined;
    while (!inner.isAtEnd) {
      const named = inner.value('driver');
      const block =
        named === undefined && inner.value('port', NUMBER) !== undefined ? inner.block() : undefined;
      if (named !== undefined) driver = named;
      else if (block === undefined) return complain(`unknown input '${inner.rest}'`);
      else {
        const read = readPort(new TokenCursor(block));
        if ('unknown' in read) return complain(`unknown input '${read.unknown}'`);
        port = read;
      }
    }
    const pciAddress = /^pci\/(.+)$/.exec(device)?.[1] ?? '';
    const since = NATIVE_DRIVERS.get(driver === '' ? 'ige' : driver);
    if (!PCI.test(pciAddress)) return complain(`error: invalid device id for device '${device}'`);
    if (since === undefined || !isFrom(draft.release, since)) {
      return complain(`error: driver not available for device '${device}'`);
    }
    if (port !== undefined && port.queues > MAX_NATIVE_QUEUES) {
      return complain(`error: invalid number of rx queues for device '${device}'`);
    }
    if (port === undefined) continue;
    const name = port.name ?? `ige${draft.nativeDevices.length}/0`;
    draft.nativeDevices.push({ pciAddress, driver: 'ige', name });
  }
}

export function readLinuxCp(tokens: TokenCursor, draft: Draft): void {
  const flags = ['lcp-auto-subint', 'del-static-on-link-down', 'del-dynamic-on-link-down'];
  while (!tokens.isAtEnd) {
    const netns = tokens.value('default netns');
    if (netns !== undefined) {
      if (Buffer.byteLength(netns) > MAX_NETNS) {
        refuse('lcp_itf_pair_config: linux-cp default namespace must be less than 32 characters', 1);
      }
      draft.lcpDefaultNetns = netns;
    } else if (tokens.take('lcp-sync')) draft.lcpSync = true;
    else if (
      !flags.some((flag) => tokens.take(flag)) &&
      tokens.value('num-rx-queues', NUMBER) === undefined &&
      tokens.value('num-tx-queues', NUMBER) === undefined
    ) {
      refuse('lcp_itf_pair_config: interfaces not found', 1);
    }
  }
}

export function readLinuxNl(tokens: TokenCursor): void {
  const keys = ['nl-rx-buffer-size', 'nl-batch-size', 'nl-batch-delay-ms'];
  while (!tokens.isAtEnd) {
    if (!keys.some((key) => tokens.value(key, NUMBER) !== undefined)) {
      refuse(`lcp_itf_pair_config: invalid netlink option:  ${tokens.rest}`, 0);
    }
  }
}
