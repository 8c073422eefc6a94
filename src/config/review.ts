/** What checks work on: a configuration, where its values stand in the file, and the list that they report to. */
import type { Problems } from './problems.ts';
import { type Tunnel, tunnelsOf } from './tunnels.ts';
import type { Config } from './types.ts';
import type { FilePath, Values } from './values.ts';

export class Review {
  readonly config: Config;
  readonly #values: Values;
  readonly #problems: Problems;

  constructor(config: Config, values: Values, problems: Problems) {
    this.config = config;
    this.#values = values;
    this.#problems = problems;
  }

  /** The tunnels that carry IP packets and no Ethernet frames, by name. */
  get layer3Tunnels(): ReadonlyMap<string, Tunnel> {
    const all = tunnelsOf(this.config).filter(({ isEthernet }) => !isEthernet);
    return new Map(all.map((tunnel) => [tunnel.name, tunnel]));
  }

  get hasErrors(): boolean {
    return this.#problems.hasErrors;
  }

  /** The line of a leaf; 0 when it is not in the file. */
  line(path: FilePath): number {
    return this.#values.line(path);
  }

  /** Whether a value was refused: nothing that depends on it can be judged. */
  isRefused(path: FilePath): boolean {
    return this.#values.isRefused(path);
  }

  /** Reports at the line of a leaf, or of the section that lacks it. */
  error(path: FilePath, message: string): void {
    this.errorAt(this.#values.lineOrSection(path), path, message);
  }

  warning(path: FilePath, message: string): void {
    this.warningAt(this.#values.lineOrSection(path), path, message);
  }

  /** Reports at the line of a section, of a rule or of a route. */
  errorAt(line: number, path: string, message: string): void {
    this.#problems.error(line, path, message);
  }

  warningAt(line: number, path: string, message: string): void {
    this.#problems.warning(line, path, message);
  }
}
