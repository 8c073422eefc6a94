/** Colours on a terminal that has them; elsewhere, and with NO_COLOR, plain text. */
import { styleText } from 'node:util';

export type Shade = 'ok' | 'warning' | 'error' | 'dim' | 'heading';

const STYLES = {
  ok: 'green',
  warning: 'yellow',
  error: 'red',
  dim: 'dim',
  heading: 'bold',
} as const;

/** `styleText` asks the stream, NO_COLOR and FORCE_COLOR. */
export function paint(shade: Shade, text: string): string {
  return styleText(STYLES[shade], text, { stream: process.stdout });
}
