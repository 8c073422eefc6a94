/** `appliance render`: the startup.conf that VPP would be started with, on stdout. */
import { existsSync, readFileSync } from 'node:fs';
import { formatProblem, parseConfig } from '../config/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import { findPluginDir, hasPlugin, renderStartupConf } from '../vpp/mod.ts';
import { readVersionOrGiven } from './vpp-version.ts';

interface RenderOptions {
  readonly vppVersion: string | undefined;
}

export async function render(file: string, { vppVersion: wanted }: RenderOptions): Promise<number> {
  const result = parseConfig(readFileSync(file), file);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    return 1;
  }
  const { config } = result;
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
