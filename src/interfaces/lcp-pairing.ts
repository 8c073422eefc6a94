/**
 * The TAPs of VPP's interfaces in Linux: makes the pairs of linux-cp match the configuration, through one connection.
 *
 * A pair is made before the addresses of its interface, because lcp-sync copies each address when it is set, and making
 * a pair copies none. An interface that had addresses before its pair (VPP kept running while we were not, or the pair
 * was refused at first) gets them by `lcp lcp-sync on`, which copies everything once and changes nothing otherwise.
 *
 * Without the plugin (its messages are missing) nothing is sent, and every interface reports it.
 */
import { isDeepStrictEqual } from 'node:util';
import { reasonOf } from '../linux/mod.ts';
import type { InterfaceStatus } from './status.ts';
import {
  describeProblem,
  LCP_MESSAGES,
  type LcpPair,
  lcpPairAdd,
  lcpPairDelete,
  lcpPairs,
  runCliInband,
  VppApiError,
  type VppApiClient,
  type VppInterface,
} from '../vpp/api/mod.ts';
import { passProtocols } from './pass-protocols.ts';
import { type LcpStep, pairsOf, planPairs } from './lcp-plan.ts';
import type { Known } from './vpp-status.ts';

/** `vpp.lcp`, where it is enabled. */
export interface LcpSettings {
  /** The namespace of the TAPs. */
  readonly netns: string;
  /** VPP copies addresses, MTU and admin state to the TAPs, and we may ask for it. */
  readonly isSync: boolean;
  /** Names of the NICs: they get a TAP even where the configuration has nothing else about them. */
  readonly nics: readonly string[];
}

export interface LcpPairingOptions {
  /** Called once per reason, not once per attempt. */
  readonly onError: (name: string, reason: string) => void;
  /** The set of TAPs has changed. */
  readonly onChange: () => void;
  /** What VPP does not pass to Linux: reported once per VPP. */
  readonly onNotice: (message: string) => void;
}

/** Return values of tap_create_if that point to a cause; from src/vnet/devices/tap/tap.c. Of a VLAN -73 is Linux's refusal. */
const HINTS: ReadonlyMap<number, (name: string, netns: string) => string> = new Map([
  [-11, () => 'the kernel has no /dev/vhost-net (module vhost_net)'],
  [-12, (_name: string, netns: string) => `namespace ${netns} does not exist, or VPP may not open it`],
  [-13, (name: string, netns: string) => `${netns} has another interface named ${name}`],
]);

export class LcpPairing {
  readonly #options: LcpPairingOptions;
  #settings: LcpSettings | undefined;
  /** Why VPP cannot make pairs at all: the plugin is not loaded, or has another version. */
  #missing: string | undefined;
  /** VPP was told which protocols to pass to Linux. */
  #passesProtocols = false;
  #failures = new Map<string, string>();
  /** VPP refused something that it may accept later; a forbidden name stays refused. */
  #isRefused = false;
  /** Pairs made after their addresses, which VPP has not copied yet. */
  readonly #unsynced = new Set<string>();
  #hosts = new Map<string, string>();
  #pairs: ReadonlyMap<string, LcpPair> = new Map();
  /** The names of the TAPs that differ from those of their interfaces. */
  #hostNames: ReadonlyMap<string, string> = new Map();
  /** The names that TAPs had when they were as they should be, by interface. */
  readonly #known = new Map<string, string>();
  /** Interfaces of VPP that are to have a pair, as of the last run, and of the last reading. */
  #asked: ReadonlySet<string> = new Set();
  #due: ReadonlySet<string> = new Set();

  constructor(settings: LcpSettings | undefined, options: LcpPairingOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Changes the settings for the next connection. */
  set settings(settings: LcpSettings | undefined) {
    this.#settings = settings;
  }

  /** The names of TAPs that differ from those of their interfaces, by interface. */
  set hostNames(hostNames: ReadonlyMap<string, string>) {
    this.#hostNames = hostNames;
  }

  /** The name that the TAP of an interface is to have. */
  hostNameOf(name: string): string {
    return this.#hostNames.get(name) ?? name;
  }

  /** A connection: determines whether its VPP has the plugin. */
  attach(client: VppApiClient): void {
    const [problem] = this.#settings === undefined ? [] : client.checkMessages(LCP_MESSAGES);
    this.#missing = problem === undefined ? undefined : describeProblem(problem);
    this.#passesProtocols = false;
  }

  /** VPP has ended, and the TAPs with it except the held ones. */
  detach(kept: ReadonlySet<string>): void {
    this.#failures = new Map();
    this.#isRefused = false;
    this.#unsynced.clear();
    this.#asked = this.#due = new Set();
    const hosts = [...this.#hosts].filter(([host]) => kept.has(host));
    this.#pairs = new Map();
    this.#setHosts(new Map(hosts));
  }

  /** Names of the interfaces that are to have a pair, of those that the configuration names. */
  wanted(configured: Iterable<string>): Set<string> {
    return this.#settings === undefined ? new Set() : new Set([...this.#settings.nics, ...configured]);
  }

  /** The TAPs and their interfaces, by name. */
  get hostInterfaces(): ReadonlyMap<string, string> {
    return this.#hosts;
  }

  /** The pairs with a TAP in the namespace, by the names of their interfaces in VPP. */
  get pairs(): ReadonlyMap<string, LcpPair> {
    return this.#pairs;
  }

  /** Whether VPP is to be asked again later. */
  get hasFailed(): boolean {
    return this.#isRefused;
  }

  /** The name of an interface's TAP and its namespace, or why it has none; undefined where none is wanted. */
  statusOf(name: string): InterfaceStatus['hostInterface'] {
    const settings = this.#settings;
    if (settings === undefined) return undefined;
    const reason = this.#failures.get(name);
    if (reason !== undefined) return { state: 'failed', reason };
    const pair = this.#pairs.get(name);
    if (pair !== undefined) return { state: 'paired', name: pair.hostIfName, netns: settings.netns };
    return this.#due.has(name) ? { state: 'failed', reason: 'VPP lists no pair for it' } : undefined;
  }

  /**
   * Makes the pairs of `wanted` and removes those of `released`. Refusals of VPP are kept with their reason; rejects
   * when the connection broke or VPP does not answer.
   */
  async reconcile(
    client: VppApiClient,
    present: ReadonlyMap<string, Known>,
    wanted: ReadonlySet<string>,
    released: ReadonlySet<string>,
  ): Promise<void> {
    const settings = this.#settings;
    if (settings === undefined) return;
    const failures = new Map<string, string>();
    this.#isRefused = false;
    this.#asked = new Set([...wanted].filter((name) => present.has(name)));
    if (this.#missing !== undefined) {
      for (const name of wanted) if (present.has(name)) failures.set(name, this.#missing);
      this.#publish(failures);
      return;
    }
    if (!this.#passesProtocols) {
      const lacks = await passProtocols(client);
      this.#passesProtocols = true;
      if (lacks.length > 0) this.#options.onNotice(`VPP does not pass to Linux: ${lacks.join(', ')}`);
    }
    const interfaces = [...present.values()].map(({ vpp }) => vpp);
    const pairs = await lcpPairs(client);
    const needs = { wanted, released, netns: settings.netns, hostNames: this.#hostNames, known: this.#known };
    const plan = planPairs(needs, interfaces, pairs);
    for (const [name, reason] of plan.refusals) failures.set(name, reason);
    for (const step of plan.steps) {
      const reason = await this.#execute(client, step, settings, present);
      if (reason !== undefined) failures.set(step.name, reason);
      this.#isRefused ||= reason !== undefined;
    }
    await this.#syncLate(client, failures);
    this.#publish(failures);
  }

  /** Reads VPP's current pairs, for `pairs` and `hostInterfaces`. */
  async read(client: VppApiClient, interfaces: readonly VppInterface[]): Promise<void> {
    const settings = this.#settings;
    this.#due = this.#asked;
    if (settings === undefined || this.#missing !== undefined) this.#setPairs(new Map());
    else this.#setPairs(pairsOf(settings.netns, interfaces, await lcpPairs(client)));
    for (const [name, { hostIfName }] of this.#pairs) {
      if (hostIfName === this.hostNameOf(name)) this.#known.set(name, hostIfName);
    }
  }

  /** Resolves with VPP's reason when it refuses. */
  async #execute(
    client: VppApiClient,
    { step, name, hostName, swIfIndex, hostType }: LcpStep,
    { netns, isSync }: LcpSettings,
    present: ReadonlyMap<string, Known>,
  ): Promise<string | undefined> {
    try {
      if (step === 'remove') await lcpPairDelete(client, swIfIndex);
      else {
        await lcpPairAdd(client, swIfIndex, { hostIfName: hostName, netns, hostType });
        if (isSync && (present.get(name)?.addresses.length ?? 0) > 0) this.#unsynced.add(name);
      }
      return undefined;
    } catch (error) {
      if (client.isClosed) throw error;
      const hint = error instanceof VppApiError ? HINTS.get(error.retval ?? 0) : undefined;
      const words = reasonOf(error);
      return hint === undefined ? words : `${words}: ${hint(hostName, netns)}`;
    }
  }

  /** Makes VPP copy the addresses that existed before their pair. */
  async #syncLate(client: VppApiClient, failures: Map<string, string>): Promise<void> {
    if (this.#unsynced.size === 0) return;
    try {
      await runCliInband(client, 'lcp lcp-sync on');
      this.#unsynced.clear();
    } catch (error) {
      if (client.isClosed) throw error;
      this.#isRefused = true;
      for (const name of this.#unsynced) {
        failures.set(name, `VPP did not copy its addresses to its TAP: ${reasonOf(error)}`);
      }
    }
  }

  #publish(failures: Map<string, string>): void {
    const last = this.#failures;
    this.#failures = failures;
    for (const [name, reason] of failures) {
      if (last.get(name) !== reason) this.#options.onError(name, `it has no TAP in Linux: ${reason}`);
    }
  }

  #setPairs(next: ReadonlyMap<string, LcpPair>): void {
    this.#pairs = next;
    this.#setHosts(new Map([...next].map(([name, { hostIfName }]) => [hostIfName, name])));
  }

  #setHosts(hosts: Map<string, string>): void {
    const last = this.#hosts;
    this.#hosts = hosts;
    if (!isDeepStrictEqual(hosts, last)) this.#options.onChange();
  }
}
