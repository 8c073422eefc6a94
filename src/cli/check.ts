/**
 * `appliance check`: what of a configuration is wrong, as `FILE:LINE: leaf: message`.
 *
 * Where a version of VPP is known, by --vpp-version or because the configuration's vpp.binary is on this machine, the file
 * is checked against that too.
 */
import { readFileSync } from 'node:fs';
import { formatProblem, machineProblems, parseConfig, startsVpp } from '../config/mod.ts';
import type { Config, ConfigProblem } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { machineFacts } from '../live/mod.ts';
import { reasonOf } from '../linux/mod.ts';
import { plural } from '../report/mod.ts';
import { filesBeside, VppError, vppProblems } from '../vpp/mod.ts';
import { readVersionOrGiven } from './vpp-version.ts';

interface CheckOptions {
  /** The file is for this machine. */
  readonly here: boolean;
  readonly json: boolean;
  readonly vppVersion: string | undefined;
}

export async function check(file: string, { here, json, vppVersion }: CheckOptions): Promise<number> {
  const result = parseConfig(readFileSync(file), file);
  const problems: ConfigProblem[] = [...(result.ok ? result.warnings : result.problems)];
  if (result.ok) {
    for (const problem of machineProblems(result.config, machineFacts())) {
      problems.push(here ? { ...problem, severity: 'error' } : problem);
    }
    problems.push(...(await problemsWithVpp(result.config, vppVersion, here)));
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (json) {
    process.stdout.write(`${JSON.stringify({ file, valid: errors === 0, problems })}\n`);
  } else {
    for (const problem of problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    if (errors === 0) process.stdout.write(`${file}: valid\n`);
    else process.stderr.write(`${file}: ${plural(errors, 'mistake')}\n`);
  }
  return errors === 0 ? 0 : 1;
}

/**
 * What the version that was named, or the installed one, lacks; nothing without a VPP.
 *
 * @param isHere whether the configuration is for the NICs of this machine
 */
async function problemsWithVpp(
  config: Config,
  wanted: string | undefined,
  isHere: boolean,
): Promise<ConfigProblem[]> {
  if (wanted === undefined && !startsVpp(config)) return [];
  const { binary } = config.vpp;
  const nics = isHere ? takeInventory().nics : [];
  const pciIdOf = (address: string): string | undefined =>
    nics.find(({ pciAddress }) => pciAddress === address)?.pciId;
  try {
    const version = await readVersionOrGiven(binary, wanted);
    // The plugins here are those of the installed version.
    const files = wanted === undefined ? filesBeside(binary) : undefined;
    return vppProblems(config, { version, files, pciIdOf });
  } catch (error) {
    if (!(error instanceof VppError)) throw error;
    if (error.code === 'binary-missing') return [];
    return [{ severity: 'warning', line: 0, leaf: 'vpp.binary', message: reasonOf(error) }];
  }
}
