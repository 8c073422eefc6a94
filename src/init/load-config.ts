/** From a file to the configuration in force: the file's when it is valid, the defaults otherwise, never nothing. */
import { defaultConfig, type MachineFacts, machineProblems, parseConfig } from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { cpuCount, memInfo } from '../linux/mod.ts';
import type { ConfigStatus } from '../telemetry/mod.ts';
import { readConfigFile } from './boot-partition.ts';

/** Facts of this machine that a configuration is held against. */
export function machineFacts(): MachineFacts {
  const inventory = takeInventory();
  return {
    cores: cpuCount(),
    memoryBytes: memInfo().totalBytes,
    nicPciAddresses: inventory.nics.map(({ pciAddress }) => pciAddress),
    iommu: inventory.iommu,
  };
}

/** Reads and validates a file. Never throws: what is wrong is in the status, and the defaults are in force then. */
export function loadConfig(path: string): { readonly config: Config; readonly status: ConfigStatus } {
  let text: Uint8Array;
  try {
    text = readConfigFile(path);
  } catch (error) {
    const reason = `no configuration could be read: ${error instanceof Error ? error.message : String(error)}`;
    const config = defaultConfig();
    return { config, status: { state: 'missing', source: 'default', path, reason, problems: [] } };
  }
  const parsed = parseConfig(text, path);
  if (!parsed.ok) {
    const errors = parsed.problems.filter(({ severity }) => severity === 'error').length;
    const reason = `${path} has ${errors} mistake${errors === 1 ? '' : 's'}: the defaults are in force`;
    const status = { state: 'rejected', source: 'default', path, reason, problems: parsed.problems } as const;
    return { config: defaultConfig(), status };
  }
  const problems = [...parsed.warnings, ...machineProblems(parsed.config, machineFacts())];
  return { config: parsed.config, status: { state: 'ok', source: 'file', path, problems } };
}
