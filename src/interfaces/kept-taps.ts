/**
 * TAPs that outlived their VPP (`mirror/held-taps.ts`) and wait for their pairs in the new one.
 *
 * Making a pair gives the TAP the interface's state at that moment: MTU, admin state and, for a NIC, carrier
 * (lcp_itf_pair_create). A TAP that is down for an instant loses its routes and its IPv6 addresses, and daemons their
 * sessions; so the interface gets the TAP's state first. It has no address until then, and forwards nothing.
 */
import type { InterfaceConfig } from '../config/types.ts';
import type { HostLink } from '../mirror/mod.ts';
import type { VppApiClient } from '../vpp/api/mod.ts';
import { mtuOf, UNCONFIGURED } from './targets.ts';
import { configure, mtuOfPackets } from './vpp-configure.ts';
import type { Known } from './vpp-status.ts';

/** A NIC reports its link some time after it was set up; one whose cable was pulled meanwhile never does. */
const LINK_MS = 5_000;

export interface KeptTapInputs {
  readonly configs: ReadonlyMap<string, InterfaceConfig>;
  readonly present: ReadonlyMap<string, Known>;
  /** Given to VPP at its start. */
  readonly nics: ReadonlySet<string>;
  readonly originalMtu: Map<string, number>;
}

export class KeptTaps {
  /** The TAPs without a pair yet, by the interfaces that are to have them. */
  #waiting: ReadonlyMap<string, HostLink> = new Map();
  #untilMs = 0;

  /** A new connection. */
  begin(): void {
    this.#untilMs = performance.now() + LINK_MS;
  }

  /**
   * Gives interfaces the state of their TAPs, before the pairs: `links`, by interface. Resolves with whether VPP was
   * changed. Rejects when the connection broke; what VPP refuses is left to the later configuration of the interface.
   */
  async prepare(
    client: VppApiClient,
    links: ReadonlyMap<string, HostLink>,
    { configs, present, nics, originalMtu }: KeptTapInputs,
  ): Promise<boolean> {
    let hasChanged = false;
    const waiting = new Map<string, HostLink>();
    for (const [name, link] of links) {
      const known = present.get(name);
      const config = configs.get(name);
      if (known === undefined || !link.isUp || config?.enabled === false) continue;
      waiting.set(name, link);
      const mtuBytes = mtuOf(known, config, { configs, nics, originalMtu });
      if (known.vpp.adminUp && (mtuBytes === undefined || mtuOfPackets(known.vpp) === mtuBytes)) continue;
      await configure(client, known, { ...UNCONFIGURED, mtuBytes, enabled: true });
      hasChanged = true;
    }
    this.#waiting = waiting;
    return hasChanged;
  }

  /** The interfaces whose pairs wait for their link; `present`: VPP's state after `prepare`. */
  awaitingLink(present: ReadonlyMap<string, Known>): Set<string> {
    if (performance.now() >= this.#untilMs) return new Set();
    const found = [...this.#waiting].filter(
      ([name, link]) => link.isRunning && present.get(name)?.vpp.linkUp === false,
    );
    return new Set(found.map(([name]) => name));
  }
}
