/** Owns the making of HTML: what is put into an `html` template is escaped unless it is HTML already. */

/** Markup that is safe to send; made by `html` only. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and quoted attributes; control characters, which HTML refuses, become U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\p{Cc}]/gu, replaceCharacter);
}

function replaceCharacter(c: string): string {
  if (c === '\n' || c === '\t' || c === '\r') return c;
  return ENTITIES[c] ?? '\uFFFD';
}

/** A template whose values are escaped; attribute values must stand in quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? '';
  for (const [i, value] of values.entries()) text += render(value) + (strings[i + 1] ?? '');
  return new Html(text);
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((item) => item.text).join('');
}
