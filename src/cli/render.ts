/** `appliance render`: the startup.conf that VPP would be started with, on stdout. */
import { existsSync, readFileSync } from 'node:fs';
import { formatProblem, parseConfig } from '../config/mod.ts';
import { NETNS_DIR } from '../linux/mod.ts';
import { findPluginDir, hasPlugin, renderStartupConf } from '../vpp/mod.ts';
import { readVersionOrGiven } from './vpp-version.ts';

/** The version that docs/vpp.md recommends. */
const DEFAULT_VERSION = '26.06';

interface RenderOptions {
  readonly vppVersion: string | undefined;
}

/** Exit code 1 when the configuration has mistakes. */
export async function render(file: string, { vppVersion }: RenderOptions): Promise<number> {
  const result = parseConfig(readFileSync(file), file);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    return 1;
  }
  const { config } = result;
  const wanted = vppVersion ?? (existsSync(config.vpp.binary) ? undefined : assume(config.vpp.binary));
  const version = await readVersionOrGiven(config.vpp.binary, wanted);
  const pluginDir = findPluginDir(config.vpp.binary);
  process.stdout.write(
    renderStartupConf(config, {
      version,
      runDir: '/run/vpp',
      // The box makes it before VPP starts; with a version given by hand the box is meant.
      netnsPresent: wanted !== undefined || existsSync(`${NETNS_DIR}/${config.vpp.lcp.netns}`),
      // The plugins here are those of the installed version.
      ...(wanted === undefined ? { hasPlugin: hasPlugin(pluginDir) } : {}),
      ...(pluginDir === undefined ? {} : { pluginDir }),
    }),
  );
  return 0;
}

function assume(binary: string): string {
  process.stderr.write(`there is no VPP at ${binary}: assuming VPP ${DEFAULT_VERSION} (see --vpp-version)\n`);
  return DEFAULT_VERSION;
}
