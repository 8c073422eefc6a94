/**
 * Owns reading the tables that depmod writes to /lib/modules/RELEASE.
 *
 * Module names are normalised as in the kernel: `_` for `-` (outside of brackets in an alias). Each table is read
 * once, on first use; a missing table is empty.
 *
 *   modules.dep      kernel/a/b.ko.xz: kernel/c.ko.xz kernel/d.ko.xz     (all dependencies, nearest first)
 *   modules.softdep  softdep NAME pre: a b post: c
 *   modules.alias    alias PATTERN NAME          (also modules.symbols and modules.builtin.alias, alike)
 *   modules.builtin  kernel/a/b.ko
 *   modules.builtin.modinfo  NAME.alias=PATTERN\0NAME.license=…\0
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { globMatches } from './glob.ts';

/** A loadable module: its file and its dependencies, in the order of modules.dep. */
export interface ModuleFile {
  readonly file: string;
  readonly dependencies: readonly string[];
}

/** Modules that should be loaded before and after another; missing ones are no error. */
export interface SoftDependencies {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface Alias {
  readonly pattern: string;
  readonly name: string;
}

/** The name as the kernel shows it: `_` for `-`, without a file's directory and suffixes. */
export function moduleName(nameOrFile: string): string {
  return basename(nameOrFile)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** The tables of one kernel release. */
export class ModuleIndex {
  readonly #dir: string;
  #files: Map<string, ModuleFile> | undefined;
  #softDependencies: Map<string, SoftDependencies> | undefined;
  #aliases: Map<string, Alias[]> | undefined;
  #builtIn: Set<string> | undefined;

  constructor(modulesDir: string) {
    this.#dir = modulesDir;
  }

  /** The loadable module of this name. */
  file(name: string): ModuleFile | undefined {
    this.#files ??= parseDependencies(this.#read('modules.dep'), this.#dir);
    return this.#files.get(name);
  }

  isBuiltIn(name: string): boolean {
    this.#builtIn ??= new Set(lines(this.#read('modules.builtin')).map(moduleName));
    return this.#builtIn.has(name);
  }

  softDependencies(name: string): SoftDependencies {
    this.#softDependencies ??= parseSoftDependencies(this.#read('modules.softdep'));
    return this.#softDependencies.get(name) ?? { before: [], after: [] };
  }

  /** Names of the modules, loadable or built in, with an alias pattern that matches; each once. */
  byAlias(alias: string): string[] {
    this.#aliases ??= this.#readAliases();
    const wanted = normalizeAlias(alias);
    const names = new Set<string>();
    for (const key of [prefixOf(wanted), '']) {
      for (const { pattern, name } of this.#aliases.get(key) ?? []) {
        if (globMatches(pattern, wanted)) names.add(name);
      }
    }
    return [...names];
  }

  // 30,000 patterns against a hundred devices: only those of the alias's own bus are tried.
  #readAliases(): Map<string, Alias[]> {
    const aliases = new Map<string, Alias[]>();
    const add = (pattern: string, name: string): void => {
      const alias = { pattern: normalizeAlias(pattern), name: moduleName(name) };
      const key = prefixOf(alias.pattern);
      const group = aliases.get(key);
      if (group === undefined) aliases.set(key, [alias]);
      else group.push(alias);
    };
    for (const line of lines(this.#read('modules.alias'))) {
      const [keyword, pattern, name] = line.split(/\s+/);
      if (keyword === 'alias' && pattern !== undefined && name !== undefined) add(pattern, name);
    }
    for (const field of this.#read('modules.builtin.modinfo').split('\0')) {
      const match = /^([^.=]+)\.alias=(.+)$/s.exec(field);
      if (match?.[1] !== undefined && match[2] !== undefined) add(match[2], match[1]);
    }
    return aliases;
  }

  #read(table: string): string {
    try {
      return readFileSync(`${this.#dir}/${table}`, 'utf8');
    } catch {
      return ''; // depmod wrote no such table
    }
  }
}

/** The bus of an alias (`pci:`), or '' when it contains a wildcard or there is none. */
function prefixOf(alias: string): string {
  const colon = alias.indexOf(':');
  const prefix = colon < 0 ? '' : alias.slice(0, colon);
  return /[*?[\\]/.test(prefix) ? '' : prefix;
}

// `-` becomes `_` outside of brackets; inside it makes a range. Source: kmod's alias_normalize.
function normalizeAlias(alias: string): string {
  return alias.replace(/\[[^\]]*\]|-/g, (part) => (part === '-' ? '_' : part));
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function parseDependencies(text: string, dir: string): Map<string, ModuleFile> {
  const files = new Map<string, ModuleFile>();
  for (const line of lines(text)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const path = line.slice(0, colon);
    const dependencies = line
      .slice(colon + 1)
      .split(' ')
      .filter((part) => part !== '')
      .map(moduleName);
    files.set(moduleName(path), { file: path.startsWith('/') ? path : `${dir}/${path}`, dependencies });
  }
  return files;
}

function parseSoftDependencies(text: string): Map<string, SoftDependencies> {
  const all = new Map<string, SoftDependencies>();
  for (const line of lines(text)) {
    const [keyword, name, ...words] = line.split(/\s+/);
    if (keyword !== 'softdep' || name === undefined) continue;
    const earlier = all.get(moduleName(name));
    const lists = { before: [...(earlier?.before ?? [])], after: [...(earlier?.after ?? [])] };
    let list = lists.before;
    for (const word of words) {
      if (word === 'pre:') list = lists.before;
      else if (word === 'post:') list = lists.after;
      else list.push(word);
    }
    all.set(moduleName(name), lists);
  }
  return all;
}
