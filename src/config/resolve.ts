/**
 * Scanned sections and keys to leaves: unknown names, duplicates, aliases, and the names inside of section names.
 *
 * Invariants: every entry has a leaf; a path is there once; the id of a section is canonical (a PCI address in full
 * and lower case), so that two spellings of one thing are one.
 */

import type { Leaf, Section } from './leaf.ts';
import { nearest, suggestion } from './nearest.ts';
import { type Problems, quote } from './problems.ts';
import type { ScannedEntry, ScannedSection } from './scan.ts';
import { LEAVES, lineLeafOf, REPEATED, SECTIONS, SINGLE } from './sections.ts';

export interface SectionInstance {
  readonly section: Section;
  /** `vpp.dpdk.interface.0000:03:00.0` */
  readonly id: string;
  /** `0000:03:00.0`; empty for a section that is not repeated. */
  readonly instance: string;
  readonly line: number;
}

export interface Entry {
  readonly leaf: Leaf;
  readonly section: SectionInstance;
  /** `vpp.dpdk.interface.0000:03:00.0.name` */
  readonly path: string;
  /** undefined: its line was reported already. */
  readonly text: string | undefined;
  readonly line: number;
}

export interface Resolved {
  readonly sections: readonly SectionInstance[];
  /** All but those in `lines`, by path. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Lines whose keys the user chose, in order and as written, by the id of their section. */
  readonly lines: ReadonlyMap<string, readonly ScannedEntry[]>;
  /** Names of interfaces that may have been refused: not to be reported as unknown again. */
  readonly toleratedNames: ReadonlySet<string>;
}

/** `[dpdk] unsafe-no-iommu` is accepted for `[vpp.dpdk] unsafe-no-iommu`. */
const DPDK_ALIAS = { section: 'dpdk', target: 'vpp.dpdk' } as const;
const NIC_SECTION = 'vpp.dpdk.interface.PCI';

export function resolve(scanned: readonly ScannedSection[], problems: Problems): Resolved {
  const firstLines = new Map<string, ScannedSection>();
  const entries = new Map<string, Entry>();
  const sections: SectionInstance[] = [];
  const ids = new Set<string>();
  const lines = new Map<string, ScannedEntry[]>();
  const toleratedNames = new Set<string>();
  for (const source of scanned) {
    if (source.name === '') continue;
    const section = identify(source, toleratedNames, problems);
    if (section === undefined) continue;
    // [dpdk] and [vpp.dpdk] may both be there: only a key that is in both is a duplicate.
    const identity = source.name === DPDK_ALIAS.section ? source.name : section.id;
    const first = firstLines.get(identity);
    if (first === undefined) firstLines.set(identity, source);
    else problems.error(source.line, section.id, duplicateSection(source, first));
    if (!ids.has(section.id)) sections.push(section);
    ids.add(section.id);
    resolveKeys(source, section, first !== undefined, { entries, lines, toleratedNames }, problems);
  }
  return { sections, entries, lines, toleratedNames };
}

function duplicateSection(again: ScannedSection, first: ScannedSection): string {
  const how = again.name === first.name ? '' : ` as [${first.name}]`;
  return `the section [${again.name}] is already on line ${first.line}${how}: move its keys there`;
}

interface Found {
  readonly entries: Map<string, Entry>;
  readonly lines: Map<string, ScannedEntry[]>;
  readonly toleratedNames: Set<string>;
}

function resolveKeys(
  source: ScannedSection,
  section: SectionInstance,
  isRepeated: boolean,
  { entries, lines, toleratedNames }: Found,
  problems: Problems,
): void {
  const known = Object.values(section.section.leaves).filter(({ keys }) => keys === undefined);
  const hasLines = lineLeafOf(section.section) !== undefined;
  const own = lines.get(section.id) ?? [];
  if (hasLines) lines.set(section.id, own);
  for (const { key, value, line } of source.entries) {
    const path = `${section.id}.${key}`;
    const leaf = known.find((candidate) => candidate.key === key);
    const first = entries.get(path);
    if (leaf === undefined && hasLines) {
      own.push({ key, value, line });
    } else if (leaf === undefined) {
      // A line that was reported may have lost its key with the rest.
      if (value !== undefined)
        problems.error(line, path, problems.full ? '' : unknownKey(key, section, known));
    } else if (first === undefined) {
      entries.set(path, { leaf, section, path, text: value, line });
      if (section.section.name === NIC_SECTION && key === 'name') toleratedNames.add(value ?? '');
    } else if (!isRepeated) {
      // In a repeated section the section itself was reported.
      const where = `${key} is already on line ${first.line}`;
      problems.error(line, path, `${where}${ofValue(first.text)}: remove one of the two`);
    }
  }
}

function ofValue(text: string | undefined): string {
  return text === undefined ? '' : ` with ${quote(text)}`;
}

function unknownKey(key: string, section: SectionInstance, known: readonly Leaf[]): string {
  const keys = known.map((leaf) => leaf.key);
  const elsewhere = LEAVES.find(({ leaf }) => leaf.key === key && leaf.keys === undefined);
  const near = nearest(key, keys);
  const shown = `${quote(key)} is not a key of [${section.id}]`;
  if (near !== undefined) return `${shown}: did you mean ${near}?`;
  if (elsewhere !== undefined) return `${shown}: it belongs in [${elsewhere.section.name}]`;
  return `${shown}: it has ${keys.join(', ')}`;
}

/** Finds the template and canonical id of a section; undefined after an unknown one was reported. */
function identify(
  { name, line }: ScannedSection,
  toleratedNames: Set<string>,
  problems: Problems,
): SectionInstance | undefined {
  for (const { section, prefix, type, canonical, example } of REPEATED) {
    if (!name.startsWith(prefix)) continue;
    const written = name.slice(prefix.length);
    const instance = canonical?.(written) ?? written;
    if (!type.pattern.test(instance)) problems.error(line, name, type.refuse(written, example));
    return { section, id: prefix + instance, instance, line };
  }
  const target = name === DPDK_ALIAS.section ? DPDK_ALIAS.target : name;
  const section = SECTIONS.find((one) => one.name === target);
  if (section !== undefined) return { section, id: target, instance: '', line };
  const meant = problems.full ? undefined : meantSection(name);
  if (meant?.startsWith('interface.')) toleratedNames.add(meant.slice('interface.'.length));
  problems.error(line, name, `[${quote(name).slice(1, -1)}] is not a section: ${meantText(meant)}`);
  return undefined;
}

function meantText(meant: string | undefined): string {
  if (meant !== undefined) return `did you mean [${meant}]?`;
  return `the sections are ${SECTIONS.map(({ name }) => `[${name}]`).join(', ')}`;
}

/** The known section nearest to `name`; where a name or PCI address is part of it, with that of `name`. */
function meantSection(name: string): string | undefined {
  for (const { prefix, example } of REPEATED) if (`${name}.` === prefix) return prefix + example;
  const pci = /(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/i.exec(name)?.[0]?.toLowerCase();
  if (pci !== undefined) return `vpp.dpdk.interface.${pci.length === 12 ? pci : `0000:${pci}`}`;
  const candidates = [...SINGLE.map((section) => section.name), 'route'];
  const tail = name.slice(name.indexOf('.') + 1);
  for (const { prefix, type } of REPEATED) {
    if (name.includes('.') && type.pattern.test(tail)) candidates.push(prefix + tail);
  }
  return nearest(name, candidates);
}

/** For other parts: `: did you mean X?` over interface names. */
export function unknownInterface(name: string, known: ReadonlySet<string>): string {
  const all = [...known].slice(0, 12).join(', ');
  const otherwise =
    known.size === 0
      ? 'the configuration has none'
      : `the interfaces are ${all}${known.size > 12 ? ', …' : ''}`;
  return `${quote(name)} is not an interface of this configuration: ${suggestion(name, known, otherwise)}`;
}
