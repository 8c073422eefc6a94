/** A target that records its calls, and a data partition in a map. */
import type { ConfigChange } from '../config/mod.ts';
import type { ResetReport } from '../disk/mod.ts';
import type { VppRetry } from '../dataplane/mod.ts';
import type { ConfigOptions, ControlTarget, ResetOptions } from './target.ts';

export class RecordingTarget implements ControlTarget {
  /** One entry per call, in order. */
  readonly calls: string[] = [];
  text = '[system]\nhostname = edge1\n';
  /** The outcome of the next change of the configuration. */
  change: ConfigChange = { result: 'unchanged' };
  /** The error of the next call. */
  failure: Error | undefined;
  waitsUntil: number | undefined;
  /** Bytes received of an image. */
  received = 0;
  /** Checks a manifest before the body is read. */
  checkManifest: (manifest: string) => void = () => {};

  readonly update: ControlTarget['update'] = {
    receive: async (manifest, body) => {
      this.#note(`receive ${manifest}`);
      this.checkManifest(manifest);
      for await (const piece of body) this.received += piece.length;
      return { version: '0.2.0', file: 'appliance-0.2.0+3.efi' };
    },
  };

  readonly config: ControlTarget['config'] = {
    current: () => this.text,
    put: async (text, options) => this.#changed(`put ${JSON.stringify(text)}`, options),
    confirm: async () => this.#changed('confirm'),
    reload: async (options) => this.#changed('reload', options),
    confirmBefore: () => this.waitsUntil,
  };

  async runVppCommand(command: string): Promise<string> {
    this.#note(`vpp ${command}`);
    return `output of ${command}\r\n\u001b`;
  }

  retryVpp(): VppRetry {
    this.#note('retry VPP');
    return { result: 'retried', message: 'VPP is started now' };
  }

  power(action: 'restart' | 'power-off'): void {
    this.#note(action);
  }

  /** The report of the next reset. */
  report: ResetReport = {
    restored: ['/boot/appliance.ini'],
    erased: ['/boot/a'],
    notErased: [],
    discards: [],
  };

  async factoryReset({ keepNetwork }: ResetOptions): Promise<ResetReport> {
    this.#note(keepNetwork ? 'factory reset, network kept' : 'factory reset');
    return this.report;
  }

  async installTargets(): ReturnType<ControlTarget['installTargets']> {
    return [
      {
        name: 'nvme0n1',
        device: '/dev/nvme0n1',
        model: 'A <disk>',
        sizeBytes: 1e11,
        removable: false,
        partitions: ['Windows'],
      },
    ];
  }

  async install(disk: string): Promise<void> {
    this.#note(`install ${disk}`);
  }

  #changed(what: string, options?: ConfigOptions): ConfigChange {
    const flags = options === undefined ? '' : ` dryRun=${options.dryRun} restartVpp=${options.restartVpp}`;
    this.#note(what + flags);
    return this.change;
  }

  #note(call: string): void {
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
  }
}

/** Files by name, as in `DataPartition`. */
export class MemoryFiles {
  readonly files = new Map<string, string>();

  readFile(name: string): string | undefined {
    return this.files.get(name);
  }

  async writeFile(name: string, data: string | Uint8Array): Promise<void> {
    this.files.set(name, typeof data === 'string' ? data : Buffer.from(data).toString('utf8'));
  }
}
