/** [service.NAME]: the words of a command, and what its names must be. */

import type { Read } from './network-values.ts';
import { type Problems, quote } from './problems.ts';
import type { Resolved } from './resolve.ts';
import type { RestartRule, ServiceConfig } from './types.ts';
import type { Values } from './values.ts';

/** Services that the box has itself, and whose logs it keeps by these names. */
const OWN_NAMES: ReadonlySet<string> = new Set(['appliance', 'dhcp', 'kernel', 'ntp', 'vpp']);
/** execve(2) takes more; a line of the file is bounded first. */
const MAX_WORDS = 256;
const EXAMPLE = '/usr/sbin/bird -f -c /boot/bird.conf';

/** The [service.NAME] sections in the order of the file; one whose command was refused is left out. */
export function readServices(resolved: Resolved, values: Values, problems: Problems): ServiceConfig[] {
  const services: ServiceConfig[] = [];
  for (const section of resolved.sections) {
    if (section.template !== 'service.NAME') continue;
    if (OWN_NAMES.has(section.instance)) {
      const message = `${quote(section.instance)} is a name of the box's own: another one is right`;
      problems.error(section.line, section.id, message);
    }
    const text = values.get('service.NAME.command', section);
    if (text === undefined) continue;
    const read = readCommand(text);
    if ('error' in read) {
      problems.error(values.line('service.NAME.command', section), `${section.id}.command`, read.error);
      continue;
    }
    services.push({
      name: section.instance,
      command: read.value,
      netns: values.get('service.NAME.netns', section),
      restart: restartRule(values.get('service.NAME.restart', section)),
      line: section.line,
    });
  }
  return services;
}

/**
 * A program by its path and its arguments. Words are separated by blanks and tabs; within "…" and '…' they belong to the
 * word, and a backslash takes the character after it as it is, but in '…'. There is no shell: nothing is expanded.
 */
export function readCommand(text: string): Read<readonly string[]> {
  const words: string[] = [];
  let word: string | undefined;
  let mark: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === mark) mark = undefined;
    else if (c === '\\' && mark !== "'") {
      i += 1;
      if (i === text.length) return { error: `${quote(text)} ends with a backslash: write \\\\ for one` };
      word = (word ?? '') + text.charAt(i);
    } else if (mark === undefined && (c === '"' || c === "'")) {
      mark = c;
      // two quotes are a word without characters
      word ??= '';
    } else if (mark === undefined && (c === ' ' || c === '\t')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (mark !== undefined) return { error: `${quote(text)} has a quote ${mark} that is not closed` };
  if (word !== undefined) words.push(word);
  // oxlint-disable-next-line no-control-regex -- a value in double quotes may have them
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    return { error: `${quote(text)} has control characters in it: leave them out` };
  }
  const [program = ''] = words;
  if (!program.startsWith('/')) {
    return {
      error: `${quote(program)} is no absolute path of a program: a command like ${EXAMPLE} is right`,
    };
  }
  if (program.endsWith('/')) {
    return { error: `${quote(program)} is a folder: name the program in it, like ${EXAMPLE}` };
  }
  if (program.split('/').includes('..')) return { error: `${quote(program)} has .. in it: write it without` };
  if (words.length > MAX_WORDS) return { error: `${words.length} words: at most ${MAX_WORDS} are right` };
  return { value: words };
}

/** The words of a command as one line that reads as them again. */
export function formatCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`))
    .join(' ');
}

/** The schema allows these three only. */
function restartRule(text: string): RestartRule {
  return text === 'never' || text === 'on-failure' ? text : 'always';
}
