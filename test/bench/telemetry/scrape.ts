/** Scrapes URL COUNT times, as Prometheus would, and writes the durations in milliseconds and the last size as JSON. */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [url = '', count = '1', accept = ''] = process.argv.slice(2);
const durations: number[] = [];
let bytes = 0;
let lines = 0;
for (let i = 0; i < Number(count); i++) {
  const began = performance.now();
  const chunks = await new Promise<Buffer[]>((resolve, reject) => {
    get(url, { headers: { accept } }, (response) => {
      const all: Buffer[] = [];
      response.on('data', (chunk: Buffer) => all.push(chunk));
      response.once('end', () => resolve(all));
      response.once('error', reject);
    }).once('error', reject);
  });
  durations.push(performance.now() - began);
  bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (i === 0) lines = Buffer.concat(chunks).toString('latin1').split('\n').length;
  // a scrape never follows the last one at once
  await sleep(30);
}
process.stdout.write(JSON.stringify({ durations, bytes, lines }));
