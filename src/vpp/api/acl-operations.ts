/** Typed operations over a client: filters of the ACL plugin (src/plugins/acl/acl.c). */
import { type FilterRule, formatPrefix, parsePrefix } from '../../config/mod.ts';
import type { VppApiClient } from './client.ts';
import { VppApiError } from './errors.ts';
import * as api from './messages/acl.ts';
import { fromApiPrefix } from './address-values.ts';
import { type ApiPrefix, NO_INTERFACE, type SwIfIndex } from './types.ts';

/** "No index": a new filter, or all of them. */
const NO_INDEX = 0xffff_ffff;

export interface Acl {
  readonly index: number;
  readonly tag: string;
  readonly rules: readonly FilterRule[];
}

const ACTIONS: readonly FilterRule['action'][] = ['deny', 'permit', 'permit-stateful'];

function toPrefix(text: string): ApiPrefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new VppApiError('encode', `expected a prefix, got '${text}'`);
  return { address: { family: parsed.family, bytes: parsed.bytes }, len: parsed.length };
}

const fromPrefix = (prefix: ApiPrefix): string => formatPrefix(fromApiPrefix(prefix));

/** Makes a filter, or replaces the rules of `index` at one moment; resolves with its index. */
export async function addReplaceAcl(
  client: VppApiClient,
  { index = NO_INDEX, tag, rules }: Omit<Acl, 'index'> & { readonly index?: number },
): Promise<number> {
  const r = rules.map((rule) => ({
    isPermit: ACTIONS.indexOf(rule.action),
    srcPrefix: toPrefix(rule.from),
    dstPrefix: toPrefix(rule.to),
    proto: rule.protocol,
    srcportOrIcmptypeFirst: rule.first[0],
    srcportOrIcmptypeLast: rule.first[1],
    dstportOrIcmpcodeFirst: rule.second[0],
    dstportOrIcmpcodeLast: rule.second[1],
    tcpFlagsMask: rule.flags[0],
    tcpFlagsValue: rule.flags[1],
  }));
  return (await client.request(api.aclAddReplace, { aclIndex: index, tag, r })).aclIndex;
}

/** VPP refuses it while an interface uses the filter: -142 for packets received, -143 for packets sent. */
export async function deleteAcl(client: VppApiClient, index: number): Promise<void> {
  await client.request(api.aclDel, { aclIndex: index });
}

export async function dumpAcls(client: VppApiClient): Promise<Acl[]> {
  const all = await dumpRules(client);
  return all.map(({ aclIndex, tag, r }) => ({ index: aclIndex, tag, rules: rulesOf(r) }));
}

type DumpedRules = Awaited<ReturnType<typeof dumpRules>>[number]['r'];

function dumpRules(client: VppApiClient) {
  return client.dump(api.aclDump, { aclIndex: NO_INDEX });
}

/** The same list for the same one: long filters are dumped again and again. */
const readRules = new WeakMap<object, readonly FilterRule[]>();

function rulesOf(dumped: DumpedRules): readonly FilterRule[] {
  const known = readRules.get(dumped);
  if (known !== undefined) return known;
  const rules = dumped.map(
    (rule): FilterRule => ({
      action: ACTIONS[rule.isPermit] ?? 'deny',
      from: fromPrefix(rule.srcPrefix),
      to: fromPrefix(rule.dstPrefix),
      protocol: rule.proto,
      first: [rule.srcportOrIcmptypeFirst, rule.srcportOrIcmptypeLast],
      second: [rule.dstportOrIcmpcodeFirst, rule.dstportOrIcmpcodeLast],
      flags: [rule.tcpFlagsMask, rule.tcpFlagsValue],
    }),
  );
  readRules.set(dumped, rules);
  return rules;
}

/** The filters of an interface by index, in the order in which they are asked. */
export interface InterfaceAcls {
  readonly in: readonly number[];
  readonly out: readonly number[];
}

/** All filters of an interface; 1 when VPP took those of packets sent, and not those of packets received. */
export async function setAclList(
  client: VppApiClient,
  interfaceIndex: SwIfIndex,
  acls: InterfaceAcls,
): Promise<void> {
  const body = { swIfIndex: interfaceIndex, nInput: acls.in.length, acls: [...acls.in, ...acls.out] };
  await client.request(api.aclInterfaceSetAclList, body);
}

/** The interfaces that have filters. */
export async function dumpAclLists(client: VppApiClient): Promise<Map<SwIfIndex, InterfaceAcls>> {
  const all = await client.dump(api.aclInterfaceListDump, { swIfIndex: NO_INTERFACE });
  return new Map(
    all
      .filter(({ acls }) => acls.length > 0)
      .map(({ swIfIndex, nInput, acls }) => [
        swIfIndex,
        { in: acls.slice(0, nInput), out: acls.slice(nInput) },
      ]),
  );
}

/** Whether VPP counts the packets of each rule, in `/acl/INDEX/matches` of its stats segment. */
export async function setAclCounters(client: VppApiClient, isEnabled: boolean): Promise<void> {
  await client.request(api.aclStatsIntfCountersEnable, { enable: isEnabled });
}

export interface MacipRule {
  readonly action: 'deny' | 'permit';
  readonly mac: string;
  readonly mask: string;
  readonly prefix: string;
}

export interface Macip {
  readonly index: number;
  readonly tag: string;
  readonly rules: readonly MacipRule[];
}

/** Makes a filter of MAC addresses, or replaces the rules of `index`; resolves with its index. */
export async function addReplaceMacip(
  client: VppApiClient,
  { index = NO_INDEX, tag, rules }: Omit<Macip, 'index'> & { readonly index?: number },
): Promise<number> {
  const r = rules.map(({ action, mac, mask, prefix }) => ({
    isPermit: ACTIONS.indexOf(action),
    srcMac: mac,
    srcMacMask: mask,
    srcPrefix: toPrefix(prefix),
  }));
  return (await client.request(api.macipAclAddReplace, { aclIndex: index, tag, r })).aclIndex;
}

/** Detaches it from all interfaces too. */
export async function deleteMacip(client: VppApiClient, index: number): Promise<void> {
  await client.request(api.macipAclDel, { aclIndex: index });
}

export async function dumpMacips(client: VppApiClient): Promise<Macip[]> {
  const all = await client.dump(api.macipAclDump, { aclIndex: NO_INDEX });
  return all.map(({ aclIndex, tag, r }) => ({
    index: aclIndex,
    tag,
    rules: r.map(({ isPermit, srcMac, srcMacMask, srcPrefix }) => ({
      action: isPermit === api.AclActionCode.deny ? 'deny' : 'permit',
      mac: srcMac,
      mask: srcMacMask,
      prefix: fromPrefix(srcPrefix),
    })),
  }));
}

/** Sets the filter of MAC addresses of an interface, in the place of another; undefined removes it. */
export async function setMacip(
  client: VppApiClient,
  interfaceIndex: SwIfIndex,
  index: number | undefined,
): Promise<void> {
  const body = { isAdd: index !== undefined, swIfIndex: interfaceIndex, aclIndex: index ?? NO_INDEX };
  await client.request(api.macipAclInterfaceAddDel, body);
}

/** The filter of each interface that has one. */
export async function dumpMacipInterfaces(client: VppApiClient): Promise<Map<SwIfIndex, number>> {
  const all = await client.dump(api.macipAclInterfaceListDump, { swIfIndex: NO_INTERFACE });
  return new Map(
    all.flatMap(({ swIfIndex, acls: [index] }) => (index === undefined ? [] : [[swIfIndex, index]])),
  );
}
