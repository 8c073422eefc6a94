/** How tests read the page. */

/** Text as a reader sees it. */
export function textOf(page: string): string {
  return page
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');
}

/** Throws unless every element is closed in its place and no attribute is without quotes. */
export function checkNesting(page: string): void {
  const empty = new Set(['meta', 'link', '!doctype', 'br']);
  const open: string[] = [];
  for (const [tag, slash = '', name = '', attributes = ''] of page.matchAll(
    /<(\/?)([!a-z][a-z0-9]*)([^>]*)>/gi,
  )) {
    const element = name.toLowerCase();
    if (slash) {
      if (open.pop() !== element) throw new Error(`${tag} closes nothing`);
    } else {
      if (element !== '!doctype' && !/^( [a-z-]+="[^"]*")*$/.test(attributes))
        throw new Error(`bad attributes: ${tag}`);
      if (!empty.has(element)) open.push(element);
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
}
