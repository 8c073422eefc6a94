/** `appliance render FILE [--vpp-version V]`: the startup.conf that VPP would be started with, on stdout. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatProblem, parseConfig } from '../config/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import { findPluginDir, parseVppVersion, readVppVersion, renderStartupConf } from '../vpp/mod.ts';
import { UsageError } from './usage.ts';

export async function render(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'vpp-version': { type: 'string' } },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('render takes one file');
  const result = parseConfig(readFileSync(file), file);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    return 1;
  }
  const { config } = result;
  const wanted = values['vpp-version'];
  const version = wanted === undefined ? await readVppVersion(config.vpp.binary) : parseVppVersion(wanted);
  if (version === undefined) {
    throw new UsageError(`--vpp-version "${wanted}" is no version of VPP: 25.02 would be one`);
  }
  const pluginDir = findPluginDir(config.vpp.binary);
  process.stdout.write(
    renderStartupConf(config, {
      version,
      runDir: '/run/vpp',
      // On the box it is made before VPP starts; for a version given by hand the box is what is meant.
      netnsPresent: wanted !== undefined || existsSync(`${NETNS_DIR}/${config.vpp.lcp.netns}`),
      ...(pluginDir === undefined ? {} : { pluginDir }),
    }),
  );
  return 0;
}
