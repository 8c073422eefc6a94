/** `appliance config put | confirm | show`: the configuration of a running appliance. */
import { readFileSync } from 'node:fs';
import { type ChangeOptions, changeQuery, printAnswer, printChange } from './change.ts';
import type { RemoteOptions } from './options.ts';
import { get, post, put } from './transport.ts';

/** Exit code 1 when the configuration was refused. */
export async function putConfig(file: string, options: RemoteOptions & ChangeOptions): Promise<number> {
  const body = readFileSync(file);
  const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
  return printChange(put(options, `/config${changeQuery(options)}`, { headers, body }), options.json);
}

/** What a file would change, and the steps that VPP would take. Exit code 1 when it has mistakes. */
export async function planConfig(file: string, options: RemoteOptions): Promise<number> {
  return putConfig(file, { ...options, dryRun: true, restartVpp: false });
}

export async function confirmConfig(options: RemoteOptions): Promise<number> {
  return printChange(post(options, '/config/confirm'), options.json);
}

export async function showConfig(options: RemoteOptions): Promise<number> {
  const text = await get(options, '/config', { authenticated: true });
  return printAnswer(options.json ? `${JSON.stringify({ config: text })}\n` : text);
}
