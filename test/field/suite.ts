/** Runs cases, as many as possible on one box: a box is booted when none runs, or when the last case spoiled it. */
import { Box } from './box.ts';
import type { FieldCase } from './case.ts';
import type { Plane } from './plane.ts';
import { LinuxGuest } from './linux-guest.ts';
import { PeerPrograms } from './programs.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { Wires } from './wires.ts';

export interface SuiteOptions {
  readonly plane: Plane;
  readonly seed: number;
  readonly evidence: string;
  readonly log: (line: string) => void;
}

/** Guests and their cables. */
interface Place {
  readonly wires: Wires;
  readonly box: Box;
  /** Booted by the first case that plans for it. */
  linux?: LinuxGuest;
}

export class Suite implements AsyncDisposable {
  readonly #options: SuiteOptions;
  readonly #programs: PeerPrograms;
  readonly #prefix = `f${process.pid}`;
  #place: Place | undefined;

  private constructor(options: SuiteOptions, programs: PeerPrograms) {
    this.#options = options;
    this.#programs = programs;
  }

  static async create(options: SuiteOptions): Promise<Suite> {
    return new Suite(options, await PeerPrograms.fetch());
  }

  /** Never rejects because of the case; does when no box can be booted. */
  async run(plan: FieldCase): Promise<CaseResult> {
    const { seed, evidence, log, plane } = this.#options;
    const place = this.#place ?? (await this.#boot());
    log(`  ${plan.name} on ${plane.label}: ${plan.shows}`);
    if (plan.linux !== undefined) place.linux ??= await this.#bootLinux(place.wires);
    const { wires, box } = place;
    const linux = plan.linux === undefined ? undefined : place.linux;
    const result = await runCase(plan, {
      ...{ wires, box, linux, programs: this.#programs, prefix: this.#prefix },
      ...{ seed, evidence, log },
    });
    // A failed case may have left anything behind.
    if (plan.spoils === true || !result.passed) await this.#end();
    else {
      await Promise.all([box.use({ addresses: {} }), linux?.reset()]).catch(async (error: unknown) => {
        log(`    the guests cannot be reset: ${String(error)}`);
        await this.#end();
      });
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #boot(): Promise<Place> {
    const startedAt = performance.now();
    const wires = new Wires(this.#prefix);
    try {
      const box = await Box.boot(this.#options.plane, wires);
      this.#place = { wires, box };
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
      this.#options.log(`  a box with ${this.#options.plane.label} is up after ${seconds} s`);
      return this.#place;
    } catch (error) {
      await wires[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #bootLinux(wires: Wires): Promise<LinuxGuest> {
    const startedAt = performance.now();
    const linux = await LinuxGuest.boot(wires);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    this.#options.log(`  a Linux guest is up after ${seconds} s`);
    return linux;
  }

  async #end(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    await place?.linux?.[Symbol.asyncDispose]();
    await place?.box[Symbol.asyncDispose]();
    await place?.wires[Symbol.asyncDispose]();
  }
}
