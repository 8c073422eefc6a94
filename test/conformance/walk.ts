/** A VPP on its way from one configuration to the next, with the model beside it. */
import type { Config } from '../../src/config/types.ts';
import { VppInterfaces } from '../../src/interfaces/mod.ts';
import { Objects } from '../../src/objects/mod.ts';
import type { VppApiClient } from '../../src/vpp/api/mod.ts';
import { memoryClient } from '../model/memory-client.ts';
import { newModel } from '../model/model-vpp.ts';
import { pairedClient } from '../model/paired-client.ts';
import { type ConformanceVpp, realVppBinary } from './harness.ts';
import { connectObjects, objectsConfig, startObjectsTarget } from './objects-harness.ts';

/** What ends between two steps. */
export interface Interruption {
  readonly ends: 'connection' | 'VPP';
  /** Before this request that changes something. */
  readonly writes: number;
}

export class Walk implements AsyncDisposable {
  readonly #target: ConformanceVpp;
  readonly #interfaces: VppInterfaces;
  readonly #wrongs: string[] = [];
  #client: VppApiClient;
  #interruption: Interruption | undefined;
  #writes = 0;
  #killed: Promise<void> | undefined;

  private constructor(target: ConformanceVpp, client: VppApiClient) {
    this.#target = target;
    this.#client = client;
    this.#interfaces = new VppInterfaces({
      config: objectsConfig(''),
      onChange: () => {},
      onError: (name, reason) => this.#wrongs.push(`${name}: ${reason}`),
    });
  }

  static async start(): Promise<Walk> {
    const target = await startObjectsTarget();
    const walk = new Walk(target, await connectObjects(target));
    walk.#client = pairedClient({
      client: walk.#client,
      model: memoryClient({ state: newModel() }).client,
      onDisagreement: (text) => walk.#wrongs.push(text),
      onWrite: () => walk.#countWrite(),
    });
    await walk.#interfaces.attach(walk.#client, 'first');
    return walk;
  }

  /** What a VPP has that has seen this configuration only: a real one, or in the emulator's place the model. */
  static async fresh(ini: string): Promise<unknown> {
    if (realVppBinary !== undefined) {
      await using walk = await Walk.start();
      await walk.apply(ini);
      // Before its VPP ends.
      const state = await walk.state(ini);
      return state;
    }
    const { client } = memoryClient({ state: newModel() });
    const config = objectsConfig('');
    const interfaces = new VppInterfaces({ config, onChange: () => {}, onError: () => {} });
    await interfaces.attach(client, 'first');
    await interfaces.reconfigure(objectsConfig(ini));
    const state = await stateOf(client, interfaces, ini);
    interfaces.detach();
    return state;
  }

  /** Brings VPP to a configuration. Resolves with what was wrong. */
  async apply(given: string | Config, interruption?: Interruption): Promise<string[]> {
    const config = typeof given === 'string' ? objectsConfig(given) : given;
    this.#wrongs.length = 0;
    this.#writes = 0;
    this.#interruption = interruption;
    try {
      await this.#interfaces.reconfigure(config);
    } catch (error) {
      // Of a connection that ended; what was meant is done by the next one.
      if (!this.#client.isClosed) throw error;
    }
    this.#interruption = undefined;
    if (this.#client.isClosed) await this.#reconnect();
    const steps = (await this.#interfaces.preview(config)) ?? [];
    return [...this.#wrongs, ...steps.map(({ words }) => `still to do: ${words}`)];
  }

  state(ini: string): Promise<unknown> {
    return stateOf(this.#client, this.#interfaces, ini);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#interfaces.detach();
    await this.#client[Symbol.asyncDispose]();
    await this.#target[Symbol.asyncDispose]();
  }

  #countWrite(): void {
    const interruption = this.#interruption;
    if (interruption === undefined || ++this.#writes !== interruption.writes) return;
    if (interruption.ends === 'VPP') this.#killed = this.#target.kill();
    this.#client.close();
  }

  async #reconnect(): Promise<void> {
    const wasKilled = this.#killed !== undefined;
    await this.#killed;
    this.#killed = undefined;
    if (wasKilled) {
      this.#interfaces.detach();
      await this.#target.restart();
    }
    this.#wrongs.length = 0;
    this.#client = await connectObjects(this.#target);
    await this.#interfaces.attach(this.#client, wasKilled ? 'restarted' : 'reconnected');
  }
}

/** What VPP has of objects, and of the interfaces that the configuration names. */
async function stateOf(client: VppApiClient, interfaces: VppInterfaces, ini: string): Promise<unknown> {
  const config = objectsConfig(ini);
  const probe = new Objects({ config, onError: () => {}, onNotice: () => {} });
  probe.attach(client);
  const objects = Object.fromEntries(
    [...(await probe.actual(client))].map(([key, attributes]) => [key, withoutId(key, attributes)]),
  );
  probe.detach();
  const names = new Set(config.interfaces.map(({ name }) => name));
  const rows = interfaces.status
    .filter(({ name }) => names.has(name))
    .map(({ name, state, adminUp, mtuBytes, addresses, tableId }) => {
      return { name, state, adminUp, mtuBytes, addresses: addresses.toSorted(), tableId };
    });
  return { objects, interfaces: rows };
}

/** A bridge has the number that was free when it was made. */
function withoutId(key: string, attributes: Readonly<Record<string, unknown>>): object {
  if (!key.startsWith('bridge/')) return attributes;
  const { id: _id, ...rest } = attributes;
  return rest;
}
