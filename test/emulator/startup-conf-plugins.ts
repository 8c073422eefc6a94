/** The plugins section, and the sections that plugins read: dpdk, linux-cp, linux-nl. */

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
  const values = [
    'num-rx-queues',
    'num-tx-queues',
    'num-rx-desc',
    'num-tx-desc',
    'tag',
    'workers',
    'devargs',
  ];
  values.push('rss-queues', 'max-lro-pkt-size');
  while (!tokens.isAtEnd) {
    if (tokens.take('no-rx-interrupts') || tokens.take('tso on') || tokens.take('tso off')) continue;
    if (tokens.take('rss') && tokens.block() !== undefined) continue;
    const given = tokens.value('name');
    if (given !== undefined) name = given;
    else if (!values.some((key) => tokens.value(key) !== undefined)) {
      refuse(`dpdk_device_config: unknown input \`${tokens.rest}'`, 0);
    }
  }
  if (pciAddress === 'default') return;
  if (draft.dpdkDevices.some((device) => device.pciAddress === pciAddress)) {
    refuse(`dpdk_device_config: duplicate configuration for PCI address ${pciAddress}`, 0);
  }
  draft.dpdkDevices.push({ pciAddress, name });
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
