/** VPP's version, as the binary API reports it. */
import type { CallOptions, Requester } from './client-types.ts';
import { showVersionRequest } from './messages/vpe.ts';

/** VPP's program, version and build. */
export interface VppVersionInfo {
  readonly program: string;
  /** `25.02-release` */
  readonly version: string;
  readonly buildDate: string;
  readonly buildDirectory: string;
}

/** Asks for VPP's program, version and build. */
export async function showVersion(client: Requester, options?: CallOptions): Promise<VppVersionInfo> {
  const { program, version, buildDate, buildDirectory } = await client.request(
    showVersionRequest,
    {},
    options,
  );
  return { program, version, buildDate, buildDirectory };
}
