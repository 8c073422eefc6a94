/** For tests: the default configuration with interfaces. */
import { defaultConfig } from './parse.ts';
import type { Config, InterfaceConfig } from './types.ts';

export function withInterfaces(interfaces: readonly InterfaceConfig[]): Config {
  return { ...defaultConfig(), interfaces };
}
