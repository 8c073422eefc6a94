/**
 * Owns loading kernel modules with their dependencies, as modprobe does: soft dependencies before, hard ones,
 * the module, soft dependencies after.
 *
 * Invariant: one loader inserts each module at most once and remembers its outcome unless it failed; a cycle of soft
 * dependencies ends at the module already being loaded. Nothing here throws.
 */
import { readFileSync } from 'node:fs';
import { isErrno, reasonOf } from './errors.ts';
import { insertModule } from './insert-module.ts';
import { type ModuleFile, ModuleIndex, moduleName } from './module-index.ts';

/** Outcome of one module. `error` is the reason when `result` is `missing` or `failed`. */
export interface ModuleOutcome {
  readonly name: string;
  readonly result: 'loaded' | 'already-loaded' | 'built-in' | 'missing' | 'failed';
  readonly error?: string;
}

/** Where a loader finds its tables, and how it inserts modules. */
export interface ModuleLoaderOptions {
  /** `/lib/modules/RELEASE` */
  readonly modulesDir: string;
  readonly procModules?: string;
  /** Inserts one module file into the kernel; finit_module(2) unless a test replaces it. */
  readonly insert?: (file: string, parameters: string) => void;
}

/** Loads modules of one kernel release. */
export class ModuleLoader {
  readonly #index: ModuleIndex;
  readonly #modulesDir: string;
  readonly #procModules: string;
  readonly #insert: (file: string, parameters: string) => void;
  readonly #present = new Map<string, ModuleOutcome>();
  readonly #underWay = new Set<string>();

  constructor(options: ModuleLoaderOptions) {
    this.#index = new ModuleIndex(options.modulesDir);
    this.#modulesDir = options.modulesDir;
    this.#procModules = options.procModules ?? '/proc/modules';
    this.#insert = options.insert ?? insertModule;
  }

  /**
   * Loads a module by its name (`-` and `_` alike) or by an alias of one (`fs-ext4`), with its dependencies.
   * The `parameters` (`enable_unsafe_noiommu_mode=1`) are passed to it only. An alias of several modules loads all of
   * them and returns the first one that did not load, otherwise the first. Never throws.
   */
  load(name: string, parameters = ''): ModuleOutcome {
    const wanted = moduleName(name);
    if (this.#isKnown(wanted)) return this.#loadNamed(wanted, parameters);
    const outcomes = this.#index.byAlias(name).map((target) => this.#loadNamed(target, parameters));
    return (
      outcomes.find(({ result }) => result === 'failed' || result === 'missing') ??
      outcomes[0] ??
      this.#loadNamed(wanted, parameters)
    );
  }

  /** Loads every module with an alias pattern that matches a device's modalias; no match is no error. Never throws. */
  loadByModalias(alias: string): ModuleOutcome[] {
    return this.#index.byAlias(alias).map((name) => this.#loadNamed(name, ''));
  }

  #isKnown(name: string): boolean {
    return this.#present.has(name) || this.#index.file(name) !== undefined || this.#index.isBuiltIn(name);
  }

  #loadNamed(name: string, parameters: string): ModuleOutcome {
    const known = this.#present.get(name);
    if (known !== undefined) return alreadyThere(known);
    if (this.#index.isBuiltIn(name)) return this.#remember({ name, result: 'built-in' });
    if (this.#isInKernel(name)) return this.#remember({ name, result: 'already-loaded' });
    const module = this.#index.file(name);
    if (module === undefined) {
      return { name, result: 'missing', error: `no module ${name} in ${this.#modulesDir}` };
    }
    if (this.#underWay.has(name)) return { name, result: 'already-loaded' };
    this.#underWay.add(name);
    try {
      return this.#loadFile(name, module, parameters);
    } finally {
      this.#underWay.delete(name);
    }
  }

  #loadFile(name: string, module: ModuleFile, parameters: string): ModuleOutcome {
    const soft = this.#index.softDependencies(name);
    for (const other of soft.before) this.load(other); // optional: a failure is ignored
    // modules.dep lists all dependencies, nearest first: the farthest one needs none of the others.
    for (const dependency of module.dependencies.toReversed()) {
      const { result, error } = this.#loadNamed(dependency, '');
      if (result === 'failed' || result === 'missing') {
        return { name, result: 'failed', error: `needs ${dependency}: ${error}` };
      }
    }
    const outcome = this.#insertFile(name, module.file, parameters);
    if (outcome.result !== 'failed') for (const other of soft.after) this.load(other);
    return outcome;
  }

  #insertFile(name: string, file: string, parameters: string): ModuleOutcome {
    try {
      this.#insert(file, parameters);
      return this.#remember({ name, result: 'loaded' });
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return this.#remember({ name, result: 'already-loaded' });
      return { name, result: 'failed', error: reasonOf(error) };
    }
  }

  #remember(outcome: ModuleOutcome): ModuleOutcome {
    this.#present.set(outcome.name, outcome);
    return outcome;
  }

  // A module that is `Loading` or `Unloading` counts as absent: the insertion waits for it, or fails with EEXIST.
  #isInKernel(name: string): boolean {
    try {
      const text = readFileSync(this.#procModules, 'utf8');
      return text.split('\n').some((line) => line.startsWith(`${name} `) && line.includes(' Live '));
    } catch {
      return false; // no procfs, or a kernel without modules: the insertion will report it
    }
  }
}

function alreadyThere(outcome: ModuleOutcome): ModuleOutcome {
  return outcome.result === 'loaded' ? { ...outcome, result: 'already-loaded' } : outcome;
}
