/**
 * One line of `[macip.NAME]`: `permit MAC[/MASK] [PREFIX]` or `deny …`; `any` for all MAC addresses. Pure.
 */
import { formatPrefix } from './addresses.ts';
import type { Prefix } from './basic-types.ts';
import { readFilterPrefix } from './filter-values.ts';
import type { Read } from './network-values.ts';
import { quote } from './problems.ts';

export interface MacipRule {
  readonly action: 'permit' | 'deny';
  /** `52:54:00:00:00:01`; bits outside the mask are zero. */
  readonly mac: string;
  readonly mask: string;
  /** Undefined: any source address. */
  readonly prefix: Prefix | undefined;
}

const NO_MAC = '00:00:00:00:00:00';
const ALL_BITS = 'ff:ff:ff:ff:ff:ff';
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const GRAMMAR = 'expected a rule such as permit 52:54:00:12:34:56 192.0.2.10';

export function readMacipRule(text: string): Read<MacipRule> {
  const [action = '', macText, prefixText, ...more] = text.trim().split(/\s+/);
  if (action !== 'permit' && action !== 'deny') {
    return { error: `expected permit or deny, got ${quote(action)}: ${GRAMMAR}` };
  }
  if (macText === undefined) return { error: `${quote(text)} has no MAC address: ${GRAMMAR}` };
  if (more.length > 0) return { error: `unexpected ${quote(more.join(' '))}: ${GRAMMAR}` };
  const mac = readMac(macText);
  if ('error' in mac) return mac;
  if (prefixText === undefined || prefixText === 'any')
    return { value: { action, ...mac.value, prefix: undefined } };
  const prefix = readFilterPrefix(prefixText);
  if ('error' in prefix) return prefix;
  const { family, address, length } = prefix.value;
  return { value: { action, ...mac.value, prefix: { family, address, length } } };
}

function readMac(text: string): Read<Pick<MacipRule, 'mac' | 'mask'>> {
  if (text === 'any') return { value: { mac: NO_MAC, mask: NO_MAC } };
  const [macText = '', maskText = ALL_BITS, ...more] = text.toLowerCase().split('/');
  if (!MAC.test(macText) || more.length > 0) {
    const digits = macText.replace(/[^0-9a-f]/g, '');
    const meant =
      digits.length === 12 && /^[0-9a-f.:-]+$/.test(macText)
        ? `: write ${digits.match(/../g)?.join(':')}`
        : '';
    return { error: `expected a MAC address such as 52:54:00:12:34:56 or any, got ${quote(text)}${meant}` };
  }
  if (!MAC.test(maskText)) {
    return { error: `expected a mask such as ff:ff:ff:00:00:00, got ${quote(maskText)}` };
  }
  const bytesOf = (one: string): number[] => one.split(':').map((byte) => Number.parseInt(byte, 16));
  const mask = bytesOf(maskText);
  const masked = bytesOf(macText)
    .map((byte, at) => (byte & (mask[at] ?? 0)).toString(16).padStart(2, '0'))
    .join(':');
  if (masked !== macText) {
    return { error: `${quote(text)} has bits that its mask ignores: write ${masked}/${maskText}` };
  }
  return { value: { mac: macText, mask: maskText } };
}

export function formatMacipRule({ action, mac, mask, prefix }: MacipRule): string {
  const who = mask === NO_MAC ? 'any' : mask === ALL_BITS ? mac : `${mac}/${mask}`;
  return [action, who, ...(prefix === undefined ? [] : [formatPrefix(prefix)])].join(' ');
}
