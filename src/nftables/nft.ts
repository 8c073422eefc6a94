/** Runs Debian's program nft. */
import { isProgram, spawnChild } from '../linux/mod.ts';

const PATHS = ['/usr/sbin/nft', '/sbin/nft', '/usr/local/sbin/nft'];
const TIMEOUT_MS = 30_000;
/** What is kept of its output; a ruleset of many thousand rules has some MiB. */
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;
const MAX_REASON_CHARACTERS = 300;

/** Where this machine has nft. */
export function nftPath(): string | undefined {
  return PATHS.find(isProgram);
}

/**
 * Runs nft with `input`, where `enter` puts it. Resolves with its output; rejects with its first error, or that it did
 * not end in time.
 */
export function runNft(
  path: string,
  args: readonly string[],
  input: string,
  enter: <T>(body: () => T) => T,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    let bytes = 0;
    const child = enter(() =>
      spawnChild(path, args, {
        stdin: 'pipe',
        onOutput: (chunk, stream) => {
          bytes += chunk.length;
          if (bytes <= MAX_OUTPUT_BYTES) output[stream].push(chunk);
        },
      }),
    );
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`nft did not end within ${TIMEOUT_MS / 1000} s`));
    }, TIMEOUT_MS);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`nft cannot be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(output.stdout).toString());
      else reject(new Error(reasonIn(Buffer.concat(output.stderr).toString(), code, signal)));
    });
    // It may end before it has read all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** The first error that nft names, without the place in the text that it was given. */
function reasonIn(stderr: string, code: number | null, signal: string | null): string {
  const [line = ''] = stderr.split('\n');
  const words = line.replace(/^\S+: /, '').slice(0, MAX_REASON_CHARACTERS);
  return words === '' ? `nft ended with ${signal ?? `code ${code}`}` : `nft: ${words}`;
}
