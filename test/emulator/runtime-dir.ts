/** VPP creates its runtime directory and changes into it (src/vlib/unix/main.c). */

import { mkdirSync } from 'node:fs';
import { StartupRefusal } from './startup-refusal.ts';

/** Creates `path` and changes into it; throws StartupRefusal in VPP's words. */
export function enterRuntimeDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    process.chdir(path);
  } catch (error) {
    throw new StartupRefusal(
      `chdir('${path}'): ${error instanceof Error ? error.message : String(error)}`,
      1,
    );
  }
}
