/**
 * `appliance image`: builds the disk image and the signed update, and prints their weights.
 *
 *   node image/image.ts [--vpp DIR] [--add PACKAGE…] [--config FILE] [--out FILE] [--version V] [--key FILE]
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage } from './build-image.ts';
import { ImageError } from './errors.ts';
import { runProgram } from './program.ts';
import { ROOT } from './root-tree.ts';
import { formatWeights } from './weights.ts';

const DEFAULT_KEY = join(ROOT, 'update.key');
const EMULATOR_WARNING =
  'WARNING: this image contains the test emulator, which does not forward: use --vpp DIR (a VPP, or a folder of its .deb files)';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const warn = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function image(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: {
      vpp: text,
      add: { type: 'string', multiple: true },
      config: text,
      out: { type: 'string', default: 'appliance.img' },
      version: text,
      key: text,
    },
    allowPositionals: true,
  });
  const [stray] = positionals;
  // `--add bird2 lldpd`: further arguments are packages too.
  if (stray !== undefined && values.add === undefined) {
    throw new ImageError('bad-argument', `expected an option, got "${stray}": add packages with --add`);
  }
  if (values.vpp === undefined) warn(EMULATOR_WARNING);
  const startedAt = performance.now();
  const built = await buildImage({
    out: values.out,
    key: values.key ?? DEFAULT_KEY,
    createKey: values.key === undefined,
    vpp: values.vpp,
    add: [...(values.add ?? []), ...positionals],
    config: values.config,
    version: values.version,
    log: warn,
  });
  for (const line of formatWeights(built.weights, 'unified image')) say(line);
  if (values.vpp === undefined) say(EMULATOR_WARNING);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`\nappliance ${built.version}, built in ${seconds} s`);
  say(`  to flash:  ${built.image}`);
  say(`  to update: ${built.unified}`);
  say(`             ${built.signature}`);
}

await runProgram(image);
