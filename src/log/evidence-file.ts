/**
 * The texts about crashes: a few named lines, an empty one, then the body.
 *
 * Invariant: a text under its final name is complete: it is written under another name first.
 */
import { open, readdir, rename } from 'node:fs/promises';

export interface EvidenceHead {
  readonly service: string;
  readonly at: number;
  readonly reason: string;
  /** Name of the core file beside it. */
  readonly core?: string;
}

const SUFFIX = '.txt';
/** Bytes read of a text, enough for its head. */
const HEAD_BYTES = 4096;

/** A time as part of a file name: `20261124T031441Z`. */
export function fileTime(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Writes a text as `NAME.txt`, or `NAME-2.txt` when that is taken; resolves with the name once it is on the disk. */
export async function writeEvidence(
  directory: string,
  name: string,
  text: { head: EvidenceHead; facts?: Readonly<Record<string, string>>; body: string },
): Promise<string> {
  const taken = new Set(await readdir(directory));
  let file = `${name}${SUFFIX}`;
  for (let count = 2; taken.has(file); count += 1) file = `${name}-${count}${SUFFIX}`;
  const temporary = `${directory}/.${file}`;
  {
    await using handle = await open(temporary, 'w', 0o600);
    await handle.writeFile(render(text.head, text.facts ?? {}, text.body));
    await handle.sync();
  }
  await rename(temporary, `${directory}/${file}`);
  return file;
}

function render(
  { service, at, reason, core }: EvidenceHead,
  facts: Readonly<Record<string, string>>,
  body: string,
) {
  const named = {
    service,
    time: new Date(at).toISOString(),
    reason,
    ...(core === undefined ? {} : { core }),
  };
  const lines = Object.entries(named).map(([key, value]) => `${key}: ${value.replaceAll('\n', ' ')}\n`);
  const sections = Object.entries(facts).map(([key, value]) =>
    // A multi-line fact (startup.conf) gets its own heading.
    value.includes('\n') ? `\n==== ${key} ====\n${value.trimEnd()}\n` : `${key}: ${value}\n`,
  );
  const short = sections.filter((section) => !section.startsWith('\n'));
  const long = sections.filter((section) => section.startsWith('\n'));
  return [...lines, ...short, ...long, '\n', body, body.endsWith('\n') ? '' : '\n'].join('');
}

/** The head of a text and its size; undefined when it is not one of ours. Rejects when it cannot be read. */
export async function readEvidenceHead(
  path: string,
): Promise<(EvidenceHead & { bytes: number }) | undefined> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.min(size, HEAD_BYTES));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  const fields = new Map<string, string>();
  for (const line of buffer.toString('utf8', 0, bytesRead).split('\n')) {
    const colon = line.indexOf(': ');
    if (colon < 0) break;
    fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const at = Date.parse(fields.get('time') ?? '');
  const [service, reason, core] = ['service', 'reason', 'core'].map((key) => fields.get(key));
  if (service === undefined || reason === undefined || Number.isNaN(at)) return undefined;
  return { service, at, reason, bytes: size, ...(core === undefined ? {} : { core }) };
}
