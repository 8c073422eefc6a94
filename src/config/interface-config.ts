/** An interface that no section describes. */
import { parseConfig } from './parse.ts';
import type { InterfaceConfig } from './types.ts';

let defaults: InterfaceConfig | undefined;

/** What a section with these values would be, with the defaults of the others. */
export function interfaceConfig(
  given: Partial<InterfaceConfig> & { readonly name: string },
): InterfaceConfig {
  if (defaults === undefined) {
    const parsed = parseConfig('[interface.loop0]\n', '');
    if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
    defaults = parsed.config.interfaces[0]!;
  }
  return { ...defaults, ...given };
}
