/** Owns how a room says how it is. Pure. */
import type { ReadyCheckName } from '../config/mod.ts';
import type { Timestamp } from './format.ts';

export type Level = 'ok' | 'warning' | 'error';

/** How a state is to be taken; `off`: as it was asked for, and no news. */
export type Shade = Level | 'off';

export interface Words {
  readonly level: Level;
  readonly text: string;
}

/** How one thing is now: health, readiness, the page and the command line render these. */
export interface Finding extends Words {
  /** The check of `/readyz` that it counts for, if it counts at all. */
  readonly part: ReadyCheckName | 'update';
  /** What of the part it is about: an interface, a service, an address; else the part. */
  readonly subject: string;
  /** What is so; texts may be reworded, codes may not. */
  readonly code: string;
  /** Whether what is configured of it is so now. */
  readonly ready: boolean;
  readonly since?: Timestamp;
  /** Health does not say it: all is well, or another finding is the cause. */
  readonly quiet?: true;
}

/** @param more what is not as usual: the part is the subject, and ready is what is well */
export function finding(
  part: Finding['part'],
  code: string,
  level: Level,
  text: string,
  more: Partial<Finding> = {},
): Finding {
  return { part, subject: part, code, level, text, ready: level === 'ok', ...more };
}

/** For what health says only when it is not well. */
export function isQuiet({ level }: Words): Pick<Finding, 'quiet'> {
  return level === 'ok' ? { quiet: true } : {};
}
