/** Finds UEFI firmware for guests: Debian's ovmf. */

import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '../../image/errors.ts';
import type { GuestFirmware } from '../../image/qemu.ts';

const DIRECTORY = '/usr/share/OVMF';
const CODE = join(DIRECTORY, 'OVMF_CODE_4M.fd');
const VARIABLES = join(DIRECTORY, 'OVMF_VARS_4M.fd');

/** Why there is no firmware, or undefined. */
export function whyNoFirmware(): string | undefined {
  return existsSync(CODE) && existsSync(VARIABLES)
    ? undefined
    : `${CODE} is missing: install the package ovmf`;
}

/**
 * Firmware with its own variables at `variables`: an empty set is copied there when the file does not exist.
 *
 * @throws ImageError `missing-artefact`
 */
export function prepareFirmware(variables: string): GuestFirmware {
  const why = whyNoFirmware();
  if (why !== undefined) throw new ImageError('missing-artefact', why);
  if (!existsSync(variables)) copyFileSync(VARIABLES, variables);
  return { code: CODE, variables };
}
