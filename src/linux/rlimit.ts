/** Owns this process's resource limits, which its children inherit. */
import { check } from './check.ts';
import { libc, nativeBuffer } from './libc.ts';

/** Numbers of the resources. Source: asm-generic/resource.h. */
const RESOURCE = { core: 4, nofile: 7, memlock: 8 } as const;

/** A resource whose limit this module can set. */
export type Resource = keyof typeof RESOURCE;

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/**
 * setrlimit(2) for this process; children inherit it. Units are the resource's own (bytes, or descriptors for
 * `nofile`); `Infinity` is no limit. Throws LinuxError: EPERM (raising a hard limit without the capability).
 */
export function setRlimit(resource: Resource, soft: number, hard: number): void {
  // struct rlimit { u64 rlim_cur; u64 rlim_max; }
  const limits = nativeBuffer(16);
  limits.writeBigUInt64LE(encodeLimit(soft), 0);
  limits.writeBigUInt64LE(encodeLimit(hard), 8);
  check(libc.setrlimit(RESOURCE[resource], limits), 'setrlimit', resource, soft, hard);
}

/** getrlimit(2) for this process: `Infinity` is no limit. */
export function getRlimit(resource: Resource): { soft: number; hard: number } {
  const limits = nativeBuffer(16);
  check(libc.getrlimit(RESOURCE[resource], limits), 'getrlimit', resource);
  return { soft: decodeLimit(limits.readBigUInt64LE(0)), hard: decodeLimit(limits.readBigUInt64LE(8)) };
}

function encodeLimit(limit: number): bigint {
  return limit === Infinity ? RLIM_INFINITY : BigInt(limit);
}

function decodeLimit(limit: bigint): number {
  return limit === RLIM_INFINITY ? Infinity : Number(limit);
}
