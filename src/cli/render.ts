/** `appliance render FILE [--vpp-version V]`: the startup.conf that VPP would be started with, on stdout. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatProblem, parseConfig } from '../config/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import { findPluginDir, hasPlugin, renderStartupConf } from '../vpp/mod.ts';
import { UsageError } from './usage.ts';
import { readVersionOrGiven } from './vpp-version.ts';

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
  const version = await readVersionOrGiven(config.vpp.binary, wanted);
  const pluginDir = findPluginDir(config.vpp.binary);
  process.stdout.write(
    renderStartupConf(config, {
      version,
      runDir: '/run/vpp',
      // On the box it is made before VPP starts; for a version given by hand the box is what is meant.
      netnsPresent: wanted !== undefined || existsSync(`${NETNS_DIR}/${config.vpp.lcp.netns}`),
      // Of a version given by hand the plugins are elsewhere.
      ...(wanted === undefined ? { hasPlugin: hasPlugin(pluginDir) } : {}),
      ...(pluginDir === undefined ? {} : { pluginDir }),
    }),
  );
  return 0;
}
