/** What the commands that change something have in common: their options, and how an answer is shown. */
import { Refusal } from './transport.ts';

export const CHANGE_OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  'restart-vpp': { type: 'boolean', default: false },
} as const;

/** `?dry-run&restart-vpp`, as far as they are wanted. */
export function changeQuery(values: {
  readonly 'dry-run': boolean;
  readonly 'restart-vpp': boolean;
}): string {
  const names = (['dry-run', 'restart-vpp'] as const).filter((name) => values[name]);
  return names.length === 0 ? '' : `?${names.join('&')}`;
}

export function printAnswer(answer: string, show: (answer: string) => string): number {
  process.stdout.write(show(answer));
  return 0;
}

/** Prints the sentence of an answer, or the answer as it came. */
export function printMessage(answer: string, asJson: boolean): number {
  return printAnswer(answer, (text) =>
    asJson ? text : `${(JSON.parse(text) as { message: string }).message}\n`,
  );
}

/** Prints what became of a configuration; 1 with each mistake on stderr when it was refused. */
export async function printChange(answer: Promise<string>, asJson: boolean): Promise<number> {
  try {
    const text = await answer;
    return printAnswer(text, () => (asJson ? text : `${wordsIn(text).join('\n')}\n`));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const words = wordsIn(error.body);
    if (words.length === 0) throw error;
    if (asJson) process.stdout.write(error.body);
    else process.stderr.write(`${words.join('\n')}\n`);
    return 1;
  }
}

function wordsIn(answer: string): string[] {
  try {
    const { words } = JSON.parse(answer) as { words?: string[] };
    return words ?? [];
  } catch {
    return []; // not JSON: an answer of something else
  }
}
