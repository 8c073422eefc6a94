/**
 * The rules of packets in the kernel: loads the ruleset of the configuration with nft, at one moment, before interfaces
 * that need it are set up; and says of each interface whether it may be up.
 *
 * Invariants: an interface that needs rules may be up only while they are in the namespace where it is; a change of the
 * configuration keeps the rules of before until the new ones replace them; when the new ones cannot be loaded, no
 * interface that needs rules may be up. Rules that somebody removed are noticed at `check` and loaded again.
 */
import type { Config } from '../config/types.ts';
import { addAddress, readText, reasonOf, removeAddress, writeText } from '../linux/mod.ts';
import { nftPath, runNft } from './nft.ts';
import { type Ruleset, rulesetOf, TABLE } from './ruleset.ts';

/** Where the rules are to be. */
export interface RulesPlace {
  /** Differs for another namespace of the same name. */
  readonly identity: string;
  /** Runs `body` there, synchronously. */
  readonly enter: <T>(body: () => T) => T;
  /** The kernel's name of an interface there; undefined: it has none. */
  readonly linkOf: (name: string) => string | undefined;
}

/** What the rules mean for an interface. */
export interface RuleVerdict {
  /** It must not be up. */
  readonly whyDown?: string;
  readonly lacks: readonly string[];
  readonly isPromiscuous: boolean;
}

export interface KernelRulesOptions {
  /** Loads kernel modules; returns those that could not be loaded, with the reason. */
  readonly loadModules: (modules: readonly string[]) => readonly string[];
  readonly onError: (message: string) => void;
  /** Path of nft; undefined: there is none. */
  readonly program?: (() => string | undefined) | undefined;
}

/** What is in the kernel. */
interface Loaded {
  readonly ruleset: Ruleset;
  readonly place: RulesPlace;
}

const FAMILIES = ['inet', 'netdev'] as const;
type Family = (typeof FAMILIES)[number];
const DOWN = 'it stays down while the kernel forwards';
const LOOPBACK = 'lo';
const SYSCTL = '/proc/sys/net/netfilter/nf_conntrack_';

export class KernelRules {
  readonly #options: KernelRulesOptions;
  readonly #labels = new Map<string, number>();
  #wanted: Ruleset | undefined;
  #loaded: Loaded | undefined;
  #version = 0;
  /** Why the wanted tables are not loaded. */
  readonly #failures = new Map<Family, string>();
  /** Modules that could not be loaded. */
  #missing: readonly string[] = [];
  /** Timeouts before they were set here. */
  readonly #sysctls = new Map<string, string>();
  #hits: ReadonlyMap<string, number> = new Map();
  /** The last operation; never rejects. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: KernelRulesOptions) {
    this.#options = options;
  }

  /** Another number after each change of what `verdictOf` may say. */
  get version(): number {
    return this.#version;
  }

  /** Packets by rule, named as in its comment: `acl lan-in 10`. Read at the last `check`. */
  get hits(): ReadonlyMap<string, number> {
    return this.#hits;
  }

  /** Why the rules of the configuration are not in force. */
  get failure(): string | undefined {
    return this.#failures.get('inet') ?? this.#failures.get('netdev');
  }

  /** What the rules mean for an interface now. */
  verdictOf(name: string): RuleVerdict {
    const wanted = this.#wanted;
    if (wanted === undefined) return { lacks: [], isPromiscuous: false };
    const failure = this.#failures.get('inet');
    const refusal = wanted.refused.get(name);
    const keys = wanted.guarded.get(name);
    const isGuarded = failure === undefined && this.#loaded?.ruleset.guarded.has(name) === true;
    const end = wanted.ends.get(name);
    const lacksConnect = end === 'impossible' || (end !== undefined && this.#failures.has('netdev'));
    return {
      ...(refusal === undefined ? {} : { whyDown: `${DOWN}: ${refusal}` }),
      ...(keys === undefined || isGuarded
        ? {}
        : { whyDown: `${DOWN}, which has no ${keys.join(', ')}: ${failure ?? 'nft is loading the rules'}` }),
      lacks: [
        ...(failure === undefined ? [] : (wanted.optional.get(name) ?? [])),
        ...(lacksConnect ? ['its cross-connect'] : []),
      ],
      isPromiscuous: end === 'possible',
    };
  }

  /**
   * Puts the rules of a configuration into a place; what is there already stays, except with `areLinksNew`: a link that
   * was made anew has lost its chains. What `verdictOf` says changes at once where interfaces must go down. Resolves when
   * the rules are loaded, or cannot be. Never rejects.
   */
  use(config: Config, place: RulesPlace, areLinksNew: boolean): Promise<void> {
    const wanted = rulesetOf(config, place.linkOf, this.#labels);
    this.#wanted = wanted;
    if (this.#loaded !== undefined && this.#loaded.place.identity !== place.identity) this.#forget();
    return this.#inTurn(() => this.#load(wanted, place, areLinksNew));
  }

  /** Takes the rules away. Never rejects. */
  withdraw(): Promise<void> {
    this.#wanted = undefined;
    this.#failures.clear();
    return this.#inTurn(() => this.#unload());
  }

  /**
   * Reads the counters, and whether the rules are still there. Resolves with whether they were gone: the caller then
   * uses them again. Never rejects.
   */
  async check(): Promise<boolean> {
    const loaded = this.#loaded;
    const path = this.#program();
    if (loaded === undefined || loaded.ruleset.inet === '' || path === undefined) return false;
    let isGone = false;
    await this.#inTurn(async () => {
      if (this.#loaded !== loaded) return;
      try {
        const text = await runNft(path, ['-j', 'list', 'ruleset'], '', loaded.place.enter);
        const counters = hitsIn(text);
        isGone = counters === undefined;
        this.#hits = counters ?? new Map();
      } catch (error) {
        this.#options.onError(`the counters of the rules cannot be read: ${reasonOf(error)}`);
      }
    });
    if (isGone) this.#forget();
    return isGone;
  }

  #program(): string | undefined {
    return (this.#options.program ?? nftPath)();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }

  #forget(): void {
    this.#loaded = undefined;
    this.#sysctls.clear();
  }

  async #load(wanted: Ruleset, place: RulesPlace, areLinksNew: boolean): Promise<void> {
    if (this.#wanted !== wanted) return;
    const before = this.#loaded?.ruleset;
    this.#loadModules(wanted);
    for (const family of FAMILIES) {
      const isChanged = (before?.[family] ?? '') !== wanted[family] || (areLinksNew && family === 'netdev');
      if (isChanged || this.#failures.has(family)) await this.#replace(family, wanted[family], place);
    }
    if (this.#failures.has('inet')) return;
    this.#loaded = { ruleset: wanted, place };
    try {
      place.enter(() => this.#setRest(before, wanted));
    } catch (error) {
      this.#options.onError(`NAT: ${reasonOf(error)}`);
    }
  }

  #loadModules({ modules }: Ruleset): void {
    this.#missing = [...this.#missing, ...this.#options.loadModules(modules)];
  }

  /** Replaces our table of a family at one moment. */
  async #replace(family: Family, text: string, place: RulesPlace): Promise<void> {
    this.#version += 1;
    this.#failures.delete(family);
    const path = this.#program();
    if (path === undefined) {
      if (text !== '') this.#failures.set(family, 'the program nft is not installed');
      return;
    }
    try {
      await runNft(path, ['-f', '-'], withoutTable(family) + text, place.enter);
    } catch (error) {
      const modules = this.#missing.length === 0 ? '' : ` (kernel modules: ${this.#missing.join('; ')})`;
      this.#failures.set(family, `${reasonOf(error)}${modules}`);
    }
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    const path = this.#program();
    this.#loaded = undefined;
    this.#hits = new Map();
    if (loaded === undefined || path === undefined) return;
    try {
      loaded.place.enter(() => this.#setRest(loaded.ruleset, undefined));
      const used = FAMILIES.filter((family) => loaded.ruleset[family] !== '');
      if (used.length > 0)
        await runNft(path, ['-f', '-'], used.map(withoutTable).join(''), loaded.place.enter);
    } catch (error) {
      this.#options.onError(`the rules of packets cannot be removed: ${reasonOf(error)}`);
    }
  }

  /** Addresses and timeouts, in the namespace of the rules. */
  #setRest(before: Ruleset | undefined, after: Ruleset | undefined): void {
    for (const address of before?.addresses ?? []) {
      if (after?.addresses.includes(address) !== true) removeAddress(LOOPBACK, address, 32);
    }
    for (const address of after?.addresses ?? []) addAddress(LOOPBACK, address, 32);
    for (const [name, text] of this.#sysctls) {
      if (after?.timeouts.has(name) === true) continue;
      writeText(SYSCTL + name, text);
      this.#sysctls.delete(name);
    }
    for (const [name, seconds] of after?.timeouts ?? []) {
      const now = readText(SYSCTL + name);
      if (now === undefined || now === String(seconds)) continue;
      if (!this.#sysctls.has(name)) this.#sysctls.set(name, now);
      writeText(SYSCTL + name, String(seconds));
    }
  }
}

/** Deletes our table of a family, whether it is there or not. */
const withoutTable = (family: Family): string =>
  `add table ${family} ${TABLE}\ndelete table ${family} ${TABLE}\n`;

interface ListedRule {
  readonly table?: string;
  readonly family?: string;
  readonly comment?: string;
  readonly expr?: readonly { readonly counter?: { readonly packets?: number } | null }[];
}

/** Packets by comment, of the rules of our table; undefined: the table is not there. */
function hitsIn(text: string): ReadonlyMap<string, number> | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- libnftables-json(5)
  const { nftables } = JSON.parse(text) as {
    nftables: readonly {
      readonly table?: { readonly name: string; readonly family: string };
      readonly rule?: ListedRule;
    }[];
  };
  const isOurs = nftables.some(({ table }) => table?.name === TABLE && table.family === 'inet');
  if (!isOurs) return undefined;
  const hits = new Map<string, number>();
  for (const { rule } of nftables) {
    if (rule?.table !== TABLE || rule.comment === undefined) continue;
    const packets = rule.expr?.find(({ counter }) => counter !== undefined && counter !== null)?.counter
      ?.packets;
    hits.set(rule.comment, (hits.get(rule.comment) ?? 0) + (packets ?? 0));
  }
  return hits;
}
