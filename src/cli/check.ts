/**
 * `appliance check FILE`: 0 valid, 1 invalid with `FILE:LINE: leaf: message` on stderr, 2 usage.
 *
 * Where a version of VPP is known, by --vpp-version or because the configuration's vpp.binary is on this machine, the file
 * is held against that too.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatProblem, machineProblems, parseConfig, startsVpp } from '../config/mod.ts';
import type { Config, ConfigProblem } from '../config/types.ts';
import { takeInventory } from '../dpdk/mod.ts';
import { machineFacts } from '../live/mod.ts';
import { reasonOf } from '../linux/mod.ts';
import { filesBeside, VppError, vppProblems } from '../vpp/mod.ts';
import { UsageError } from './usage.ts';
import { readVersionOrGiven } from './vpp-version.ts';

export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      here: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'vpp-version': { type: 'string' },
    },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('check takes one file');
  const result = parseConfig(readFileSync(file), file);
  const problems: ConfigProblem[] = [...(result.ok ? result.warnings : result.problems)];
  if (result.ok) {
    // With --here the file is for this machine, and what does not fit it is a mistake.
    for (const problem of machineProblems(result.config, machineFacts())) {
      problems.push(values.here ? { ...problem, severity: 'error' } : problem);
    }
    problems.push(...(await problemsWithVpp(result.config, values['vpp-version'], values.here)));
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ file, valid: errors === 0, problems })}\n`);
  } else {
    for (const problem of problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    if (errors === 0) process.stdout.write(`${file}: valid\n`);
    else process.stderr.write(`${file}: ${errors} mistake${errors === 1 ? '' : 's'}\n`);
  }
  return errors === 0 ? 0 : 1;
}

/**
 * What VPP has not: of the version that was named, or of the binary that is here; nothing where there is none.
 *
 * @param isHere whether the NICs of this machine are those that are meant
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
    // Of a version that was named the plugins are elsewhere.
    const files = wanted === undefined ? filesBeside(binary) : undefined;
    return vppProblems(config, { version, files, pciIdOf });
  } catch (error) {
    if (!(error instanceof VppError)) throw error;
    if (error.code === 'binary-missing') return [];
    return [{ severity: 'warning', line: 0, leaf: 'vpp.binary', message: reasonOf(error) }];
  }
}
