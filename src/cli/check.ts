/** `appliance check FILE`: 0 valid, 1 invalid with `FILE:LINE: leaf: message` on stderr, 2 usage. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatProblem, machineProblems, parseConfig } from '../config/mod.ts';
import type { ConfigProblem } from '../config/types.ts';
import { machineFacts } from '../init/mod.ts';
import { UsageError } from './usage.ts';

export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { here: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
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
