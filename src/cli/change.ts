/** What the commands that change something have in common: what they ask for, and how an answer is shown. */
import { Refusal } from './transport.ts';

export interface ChangeOptions {
  readonly dryRun: boolean;
  readonly restartVpp: boolean;
}

/** `?dry-run&restart-vpp`, as far as they are wanted. */
export function changeQuery({ dryRun, restartVpp }: ChangeOptions): string {
  const names = [...(dryRun ? ['dry-run'] : []), ...(restartVpp ? ['restart-vpp'] : [])];
  return names.length === 0 ? '' : `?${names.join('&')}`;
}

export function printAnswer(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** Prints the message of an answer, or the answer as it came. */
export function printMessage(answer: string, asJson: boolean): number {
  return printAnswer(asJson ? answer : `${(JSON.parse(answer) as { message: string }).message}\n`);
}

/** Prints what became of a configuration; 1 with each mistake on stderr when it was refused. */
export async function printChange(answer: Promise<string>, asJson: boolean): Promise<number> {
  try {
    const text = await answer;
    return printAnswer(asJson ? text : `${wordsIn(text).join('\n')}\n`);
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
    return []; // Not JSON: something else answered.
  }
}
