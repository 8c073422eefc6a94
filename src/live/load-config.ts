/**
 * Selects the configuration in force: the file's when it is valid, else the last good one, else the defaults. A report
 * beside the file lists its mistakes, where its author will look.
 */
import { readFileSync, statSync } from 'node:fs';
import {
  defaultConfig,
  formatProblem,
  type MachineFacts,
  machineProblems,
  parseConfig,
  renderDefaultIni,
} from '../config/mod.ts';
import type { Config } from '../config/types.ts';
import type { BootPartition } from '../disk/mod.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { cpuCount, isProgram, memInfo, readNames, reasonOf } from '../linux/mod.ts';
import { plural } from '../report/mod.ts';
import type { ConfigStatus } from './status.ts';

/** Names on the boot partition. */
export const CONFIG_NAME = 'appliance.ini';
export const ERROR_REPORT_NAME = 'appliance.errors.txt';
const MAX_CONFIG_BYTES = 1024 * 1024;

/** The configuration in force, its source and its text. */
export interface LoadedConfig {
  readonly config: Config;
  readonly status: ConfigStatus;
  /** The INI text of `config`, without a byte order mark. */
  readonly text: string;
}

/** Facts about this machine by which a configuration is checked. */
export function machineFacts(): MachineFacts {
  const inventory = takeInventory();
  return {
    cores: cpuCount(),
    memoryBytes: memInfo().totalBytes,
    nicPciAddresses: inventory.nics.map(({ pciAddress }) => pciAddress),
    iommu: inventory.iommu,
    isProgram,
    kernelInterfaces: readNames('/sys/class/net').filter(
      (name) => name !== 'lo' && name !== 'bonding_masters',
    ),
  };
}

/**
 * Reads and validates a file. Never throws: errors are in the status, and then `lastGood` is in force when it is valid,
 * the defaults otherwise.
 *
 * @param lastGood text of the last good configuration (`readLastGood`), if any
 */
export function loadConfig(path: string, lastGood?: string): LoadedConfig {
  let bytes: Uint8Array;
  try {
    bytes = readConfigFile(path);
  } catch (error) {
    const why = `cannot read the configuration: ${reasonOf(error)}`;
    const { source, config, text } = fallBack(lastGood);
    const reason = `${why}: ${forceWords(source)}`;
    return { config, text, status: { state: 'missing', source, path, reason, problems: [] } };
  }
  const parsed = parseConfig(bytes, path);
  if (!parsed.ok) {
    const errors = parsed.problems.filter(({ severity }) => severity === 'error').length;
    const { source, config, text } = fallBack(lastGood);
    const reason = `${path} has ${plural(errors, 'mistake')}: ${forceWords(source)}`;
    return { config, text, status: { state: 'rejected', source, path, reason, problems: parsed.problems } };
  }
  const problems = [...parsed.warnings, ...machineProblems(parsed.config, machineFacts())];
  const status = { state: 'ok', source: 'file', path, problems } as const;
  return { config: parsed.config, text: new TextDecoder().decode(bytes), status };
}

/** Reads a configuration file whole, bounded. Throws with the path and the reason. */
export function readConfigFile(path: string): Uint8Array {
  const size = statSync(path).size;
  if (size > MAX_CONFIG_BYTES) {
    throw new Error(`${path} has ${size} bytes: expected at most ${MAX_CONFIG_BYTES}`);
  }
  return readFileSync(path);
}

interface FallBack {
  readonly source: 'last-good' | 'default';
  readonly config: Config;
  readonly text: string;
}

function fallBack(lastGood: string | undefined): FallBack {
  if (lastGood !== undefined) {
    // It was valid once; another version of this program may refuse it.
    const parsed = parseConfig(lastGood, 'last-good.ini');
    if (parsed.ok) return { source: 'last-good', config: parsed.config, text: lastGood };
  }
  return { source: 'default', config: defaultConfig(), text: renderDefaultIni() };
}

function forceWords(source: FallBack['source']): string {
  return source === 'last-good' ? 'the last good configuration is in force' : 'the defaults are in force';
}

/**
 * Keeps appliance.errors.txt beside the file up to date: its mistakes and which configuration is in force. A valid
 * configuration has no such file. Writes to the partition only when something changes. Returns what was done.
 */
export async function writeErrorReport(
  boot: BootPartition,
  status: ConfigStatus,
): Promise<string | undefined> {
  const before = readIfThere(`${boot.root}/${ERROR_REPORT_NAME}`);
  if (status.state === 'ok') {
    if (before === undefined) return undefined;
    await boot.removeFile(ERROR_REPORT_NAME);
    return `${ERROR_REPORT_NAME} removed`;
  }
  const text = errorReportText(status);
  if (before === text) return undefined;
  await boot.writeFile(ERROR_REPORT_NAME, text);
  return `${ERROR_REPORT_NAME} written`;
}

/** For a reader on another computer; CRLF, since it may run Windows. */
function errorReportText(status: Exclude<ConfigStatus, { readonly state: 'ok' }>): string {
  const inForce =
    status.source === 'last-good'
      ? 'The last good configuration is in force: the last one with which this box proved to work.'
      : 'The defaults are in force: no last good configuration exists yet.';
  const what =
    status.state === 'rejected'
      ? `This box refused ${CONFIG_NAME} when it started. What is wrong with it:`
      : `${CONFIG_NAME} could not be read when this box started: ${status.reason}`;
  const lines = [
    what,
    '',
    ...status.problems.map((problem) => formatProblem(CONFIG_NAME, problem)),
    ...(status.problems.length > 0 ? [''] : []),
    inForce,
    `Correct ${CONFIG_NAME} and restart the box: it then removes this file.`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // absent, or unreadable and replaced
  }
}
