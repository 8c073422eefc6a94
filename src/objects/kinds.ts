/** Every kind of object in VPP; within a rank of steps their order counts. */
import type { Kind } from './kind.ts';
import { aclList } from './kinds/acl-list.ts';
import { acl } from './kinds/acl.ts';
import { bondMember } from './kinds/bond-member.ts';
import { bond } from './kinds/bond.ts';
import { bridgeInterface } from './kinds/bridge-interface.ts';
import { bridgeMac } from './kinds/bridge-mac.ts';
import { bridgePort } from './kinds/bridge-port.ts';
import { bridge } from './kinds/bridge.ts';
import { crossConnect } from './kinds/cross-connect.ts';
import { gre } from './kinds/gre.ts';
import { ipip } from './kinds/ipip.ts';
import { linkLocal } from './kinds/link-local.ts';
import { loopback } from './kinds/loopback.ts';
import { mac } from './kinds/mac.ts';
import { macipInterface } from './kinds/macip-interface.ts';
import { macip } from './kinds/macip.ts';
import { mssClamp } from './kinds/mss-clamp.ts';
import { natInterface } from './kinds/nat-interface.ts';
import { natMapping } from './kinds/nat-mapping.ts';
import { natPool } from './kinds/nat-pool.ts';
import { nat44 } from './kinds/nat44.ts';
import { neighbor } from './kinds/neighbor.ts';
import { proxyNd } from './kinds/proxy-nd.ts';
import { subInterface } from './kinds/sub-interface.ts';
import { unnumbered } from './kinds/unnumbered.ts';
import { urpf } from './kinds/urpf.ts';
import { vxlan } from './kinds/vxlan.ts';

export const KINDS: readonly Kind[] = [
  loopback,
  bridgeInterface,
  bond,
  bondMember,
  gre,
  ipip,
  vxlan,
  subInterface,
  bridge,
  bridgePort,
  bridgeMac,
  crossConnect,
  acl,
  aclList,
  macip,
  macipInterface,
  mac,
  urpf,
  mssClamp,
  neighbor,
  proxyNd,
  nat44,
  natPool,
  natInterface,
  natMapping,
  linkLocal,
  unnumbered,
];
