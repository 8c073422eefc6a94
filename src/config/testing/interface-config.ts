/** For tests: an interface of a configuration, with the defaults of the leaves that are not given. */
import { defaultConfig, parseConfig } from '../parse.ts';
import type { Config, InterfaceConfig } from '../types.ts';

export function interfaceConfig(
  given: Partial<InterfaceConfig> & { readonly name: string },
): InterfaceConfig {
  const parsed = parseConfig(`[interface.loop0]\n`, 'test.ini');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return { ...parsed.config.interfaces[0]!, ...given };
}

/** The defaults, and interfaces. */
export function withInterfaces(interfaces: readonly InterfaceConfig[]): Config {
  return { ...defaultConfig(), interfaces };
}
