/** A VPP in this process with four NICs, `xe0` to `xe3`, what the appliance makes in it, and the judge of its requests. */
import { VppState } from '../emulator/vpp-state.ts';
import { VppInterfaces } from '../../src/interfaces/mod.ts';
import type { Config } from '../../src/config/types.ts';
import { Objects } from '../../src/objects/mod.ts';
import type { Plan } from '../../src/objects/plan.ts';
import { objectsConfig } from '../conformance/objects-harness.ts';
import { describe } from './hazards.ts';
import { Judge } from './judge.ts';
import { type MemoryClient, memoryClient } from './memory-client.ts';

const NICS = 4;

export class ModelVpp {
  /** What was refused, as the appliance says it. */
  readonly errors: string[] = [];
  state = newModel();
  judge = new Judge(this.state);
  #connection = this.#connect();
  #interfaces = this.#newInterfaces();

  /** With the appliance attached. */
  static async start(): Promise<ModelVpp> {
    const vpp = new ModelVpp();
    await vpp.#interfaces.attach(vpp.#connection.client, 'first');
    return vpp;
  }

  /** What VPP has, by names. */
  get described(): Record<string, unknown> {
    return describe(this.state);
  }

  /** Brings VPP to a configuration. Resolves with everything that was wrong on the way. */
  async apply(given: string | Config): Promise<string[]> {
    const config = typeof given === 'string' ? objectsConfig(given) : given;
    this.judge.begin();
    this.errors.length = 0;
    await this.#interfaces.reconfigure(config);
    this.judge.end(this.state);
    const steps = (await this.#interfaces.preview(config)) ?? [];
    return [...this.errors, ...this.judge.wrongs, ...steps.map(({ words }) => `still to do: ${words}`)];
  }

  /** What would be done of objects for another configuration. */
  async plan(next: Config): Promise<Plan> {
    const probe = new Objects({ config: next, onError: () => {}, onNotice: () => {} });
    const { client } = this.#connection;
    probe.attach(client);
    const plan = await probe.preview(client, next);
    probe.detach();
    return plan;
  }

  /** The words of all that would be done. */
  async preview(next: Config): Promise<string[]> {
    return ((await this.#interfaces.preview(next)) ?? []).map(({ words }) => words);
  }

  [Symbol.dispose](): void {
    this.#interfaces.detach();
  }

  #connect(): MemoryClient {
    return memoryClient({ state: this.state, watcher: this.judge });
  }

  #newInterfaces(): VppInterfaces {
    return new VppInterfaces({
      config: objectsConfig(''),
      onChange: () => {},
      onError: (name, reason) => this.errors.push(`${name}: ${reason}`),
    });
  }
}

/** A VPP with the NICs and nothing else. */
export function newModel(): VppState {
  const state = new VppState(undefined, { leaksNeighbors: true });
  for (let n = 0; n < NICS; n++) state.addDpdk(`0000:03:00.${n}`, `xe${n}`);
  return state;
}
