/** Turns the exit of a VPP process and its last output into one reason that points the user to the cause. */

/** How the process ended, and its last lines of output, oldest first. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lastLines: readonly string[];
}

/** VPP's (or the loader's) last message → its meaning. Lines are searched from the last; the first match counts. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/error while loading shared libraries|cannot open shared object/, 'a shared library is missing'],
  [/requires CPU with/, 'this VPP was built for a newer CPU'],
  [/main heap allocation failure/i, 'too few hugepages for vpp.memory.main-heap'],
  [/stat segment (?:memory fd|ftruncate|mmap) failure/, 'too few hugepages for vpp.stats.segment-size'],
  [/failed to allocate buffer pool|failed to mmap \d+ pages/, 'too few hugepages for vpp.memory.buffers'],
  [/rte_eal_init returned|EAL: .*(?:Cannot|FATAL)/, 'DPDK could not start'],
  [
    /cpu \d+ is not available|pthread_setaffinity_np\(\) on cpu \d+ failed/,
    'vpp.cpu names a core that does not exist',
  ],
  [/socksvr_api_init failed/, 'the file at vpp.api-socket is not a socket'],
  [/unknown input|parse error/, 'VPP refused its startup.conf'],
  [/corelist|main-core/, 'VPP refused the cpu section of its startup.conf'],
  [/bind: Address already in use|Address already in use/, 'a socket path is taken by another process'],
];

const MAX_QUOTED_CHARACTERS = 240;

/**
 * For example: `a shared library is missing: "vpp: error while loading …"`; undefined when the cause is unknown.
 * VPP exits with code 0 after some of these. Also explains a VPP that runs and never opens its socket.
 */
export function explainExit(end: ProcessEnd): string | undefined {
  for (const line of end.lastLines.toReversed()) {
    const meaning = MEANINGS.find(([pattern]) => pattern.test(line));
    if (meaning !== undefined) return `${meaning[1]}: ${quote(line)}`;
  }
  if (end.code === 127) return 'the loader could not start it (exit code 127)';
  if (end.code === 126) return 'it could not be executed (exit code 126)';
  return undefined;
}

function quote(line: string): string {
  const text = line.trim();
  return JSON.stringify(
    text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text,
  );
}
