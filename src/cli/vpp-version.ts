/** The version of VPP that a command is about. */
import { parseVppVersion, readVppVersion, type VppVersion } from '../vpp/mod.ts';
import { UsageError } from './usage-error.ts';

/** What --vpp-version says, else what the binary is. Rejects with UsageError, or as `readVppVersion` does. */
export async function readVersionOrGiven(binary: string, wanted: string | undefined): Promise<VppVersion> {
  if (wanted === undefined) return readVppVersion(binary);
  const version = parseVppVersion(wanted);
  if (version === undefined) {
    throw new UsageError(`expected a version such as 26.06 after "--vpp-version", got "${wanted}"`);
  }
  return version;
}
