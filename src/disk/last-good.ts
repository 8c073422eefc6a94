/**
 * Owns the last good configuration on the data partition: the text, and beside it the evidence of what the box reached
 * with it.
 *
 * Invariant: the evidence carries the hash of its text, so evidence of another text is never attributed to this one
 * after a power cut between the two writes.
 */
import { createHash } from 'node:crypto';
import type { DataPartition } from './partitions.ts';

const TEXT_FILE = 'last-good.ini';
const EVIDENCE_FILE = 'last-good.json';

export interface LastGood {
  readonly text: string;
  /** As saved, with `configSha256`; undefined when there is none for this text. */
  readonly evidence: object | undefined;
}

/**
 * Saves `text` as the configuration to return to. Rejects when it cannot be written.
 *
 * @param evidence plain JSON: the facts by which the configuration proved good, such as `{ "routes": 12 }`
 */
export async function saveLastGood(data: DataPartition, text: string, evidence: object): Promise<void> {
  await data.writeFile(TEXT_FILE, text);
  const json = { ...evidence, configSha256: hashOf(text) };
  await data.writeFile(EVIDENCE_FILE, `${JSON.stringify(json, undefined, 2)}\n`);
}

/** The saved configuration; undefined when there is none or it cannot be read. Never throws. */
export function readLastGood(data: DataPartition): LastGood | undefined {
  const text = tryRead(data, TEXT_FILE);
  if (text === undefined) return undefined;
  return { text, evidence: readEvidence(tryRead(data, EVIDENCE_FILE), text) };
}

function readEvidence(json: string | undefined, text: string): object | undefined {
  if (json === undefined) return undefined;
  try {
    const evidence: unknown = JSON.parse(json);
    if (typeof evidence !== 'object' || evidence === null || !('configSha256' in evidence)) return undefined;
    return evidence.configSha256 === hashOf(text) ? evidence : undefined;
  } catch {
    return undefined; // not JSON: no evidence
  }
}

function tryRead(data: DataPartition, name: string): string | undefined {
  try {
    return data.readFile(name);
  } catch {
    return undefined; // an unreadable sector: the box boots without it
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
