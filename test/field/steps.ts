/** The steps of cases: actions, conditions that become true, and conditions that stay true. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Segment, Step } from './case.ts';
import type { Field } from './field.ts';

const POLL_MS = 300;

/** True, or what was seen instead, for people. */
export type Finding = true | string;
export type Probe = (field: Field) => Promise<Finding> | Finding;

/** An action. */
export function act(what: string, run: (field: Field) => unknown): Step {
  return {
    what,
    run: async (field) => {
      await run(field);
    },
  };
}

/** A condition that becomes true within a time; checked until then. */
export function becomes(what: string, withinS: number, probe: Probe): Step {
  return {
    what: `${what}, within ${withinS} s`,
    run: async (field) => {
      for (const deadline = performance.now() + withinS * 1_000; ; await sleep(POLL_MS)) {
        const seen = await probe(field);
        if (seen === true) return;
        if (performance.now() > deadline) throw new Error(`not ${what}, after ${withinS} s: ${seen}`);
      }
    },
  };
}

/** A condition that is true, and stays so for a time. */
export function stays(what: string, forS: number, probe: Probe): Step {
  return {
    what: `${what}, for ${forS} s`,
    run: async (field) => {
      for (const end = performance.now() + forS * 1_000; performance.now() < end; await sleep(POLL_MS)) {
        const seen = await probe(field);
        if (seen !== true) throw new Error(`not ${what}: ${seen}`);
      }
    },
  };
}

export interface PingOptions {
  /** Of the whole IP packet. */
  readonly bytes?: number;
  /** No hop may fragment it. */
  readonly whole?: boolean;
  readonly from?: string;
  readonly ttl?: number;
  /** For the answer; half a second by default. */
  readonly waitS?: number;
}

/** One echo, answered. */
export async function ping(
  field: Field,
  from: string,
  to: string,
  options: PingOptions = {},
): Promise<Finding> {
  const isIpv6 = to.includes(':');
  const headers = isIpv6 ? 48 : 28;
  const words = ['ping', isIpv6 ? '-6' : '-4', '-n', '-c', '1'];
  words.push('-W', String(options.waitS ?? 0.5));
  if (options.bytes !== undefined) words.push('-s', String(options.bytes - headers));
  if (options.whole === true) words.push('-M', 'do');
  if (options.from !== undefined) words.push('-I', options.from);
  if (options.ttl !== undefined) words.push('-t', String(options.ttl));
  const { code, text } = await field.host(from).run([...words, to].join(' '));
  return code === 0 ? true : text.trim().split('\n').slice(-4).join(' / ');
}

/** A peer reaches an address and gets an answer. */
export function reaches(from: string, to: string, withinS = 15, options: PingOptions = {}): Step {
  return becomes(`${from} reaches ${to}${detail(options)}`, withinS, (field) =>
    ping(field, from, to, options),
  );
}

/** A peer no longer reaches an address. */
export function losesSight(from: string, to: string, withinS = 15, options: PingOptions = {}): Step {
  return becomes(`${from} does not reach ${to}${detail(options)}`, withinS, async (field) =>
    (await ping(field, from, to, options)) === true ? 'it is answered' : true,
  );
}

function detail({ bytes, whole, from }: PingOptions): string {
  const words = [
    bytes === undefined ? '' : ` with ${bytes} bytes`,
    whole === true ? ' unfragmented' : '',
    from === undefined ? '' : ` from ${from}`,
  ];
  return words.join('');
}

/** Checks that a text matches; otherwise returns the text, shortened. */
export function holds(text: string, ...expected: readonly RegExp[]): Finding {
  const missing = expected.filter((one) => !one.test(text));
  return missing.length === 0 ? true : `no match for ${missing.join(', ')} in:\n${text.slice(0, 3_000)}`;
}

/** tcpdump has seen a frame on a segment that matches its filter and, in its words, each of the patterns. */
export function onWire(what: string, segment: Segment, filter: string, ...patterns: readonly RegExp[]): Step {
  return becomes(`on the wire of ${segment}: ${what}`, 10, async ({ wires }) => {
    const text = await wires.captured(segment, filter);
    const lines = text.split('\n').filter((line) => !line.startsWith('reading from file'));
    if (lines.some((line) => patterns.every((pattern) => pattern.test(line)))) return true;
    return `no frame with ${patterns.join(', ')} among:\n${lines.slice(0, 20).join('\n')}`;
  });
}
