/**
 * Questions that are asked in a page: each function is sent to the browser as text and knows nothing from outside of
 * itself.
 */

/** Text whose contrast to its ground is below `least` (WCAG 2, success criterion 1.4.3), in words. */
export function lowContrast(least: number): string[] {
  type Colour = { r: number; g: number; b: number; a: number };
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (canvas === null) throw new Error('no canvas');
  const parse = (text: string): Colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top: Colour, under: Colour): Colour => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const luminance = ({ r, g, b }: Colour): number => {
    const linear = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const groundOf = (element: Element): Colour => {
    const chain: Colour[] = [];
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      chain.push(parse(getComputedStyle(at).backgroundColor));
    }
    const white = { r: 255, g: 255, b: 255, a: 1 };
    return chain.reduceRight((under, top) => over(top, under), white);
  };
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.nodeValue?.trim() ?? '';
    if (element === null || text === '' || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest('noscript, .unseen') !== null) continue;
    const ground = groundOf(element);
    const ink = over(parse(getComputedStyle(element).color), ground);
    const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < least)
      found.push(
        `${ratio.toFixed(2)}: "${text.slice(0, 40)}" in <${element.localName} class="${element.className}">`,
      );
  }
  return found;
}

/** What a reader of the page's structure would stumble over, in words. */
export function structureProblems(): string[] {
  const problems: string[] = [];
  const count = (selector: string): number => document.querySelectorAll(selector).length;
  for (const [selector, wanted] of [
    ['main', 1],
    ['h1', 1],
    ['body > header', 1],
    ['body > footer', 1],
    ['nav[aria-label]', 1],
  ] as const) {
    if (count(selector) !== wanted) problems.push(`${count(selector)} of ${selector}, not ${wanted}`);
  }
  if (document.documentElement.lang === '') problems.push('no language');
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const own = Number(heading.localName.slice(1));
    if (own > level + 1) problems.push(`heading "${heading.textContent}" skips a level`);
    level = own;
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id ${id} twice`);
  for (const element of document.querySelectorAll('[aria-labelledby]')) {
    const id = element.getAttribute('aria-labelledby') ?? '';
    if (document.getElementById(id) === null) problems.push(`nothing has the id ${id}`);
  }
  for (const element of document.querySelectorAll('button, a[href]')) {
    const name = element.getAttribute('aria-label') ?? element.textContent.trim();
    if (name === '') problems.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    const id = link.getAttribute('href')?.slice(1) ?? '';
    if (document.getElementById(id) === null) problems.push(`nowhere to go: #${id}`);
  }
  for (const section of document.querySelectorAll('section, [role="region"]')) {
    if (!section.hasAttribute('aria-label') && !section.hasAttribute('aria-labelledby')) {
      problems.push(`no label: ${section.outerHTML.slice(0, 80)}`);
    }
  }
  for (const svg of document.querySelectorAll('svg')) {
    const isHidden = svg.closest('[aria-hidden="true"]') !== null;
    const isNamed = svg.getAttribute('role') === 'img' && svg.hasAttribute('aria-label');
    if (!isHidden && !isNamed) problems.push(`a picture without a name: ${svg.outerHTML.slice(0, 80)}`);
  }
  for (const cell of document.querySelectorAll('th')) {
    if (!cell.hasAttribute('scope')) problems.push(`a heading of no scope: ${cell.textContent}`);
  }
  for (const box of document.querySelectorAll('.scroll, pre')) {
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute('tabindex')) {
      problems.push(`scrolls, and not by keyboard: ${box.outerHTML.slice(0, 80)}`);
    }
  }
  return problems;
}

/** What can be reached by keyboard and is shown, each by a mark that is put on it. */
export function markFocusable(): string[] {
  const marks: string[] = [];
  const all = document.querySelectorAll<HTMLElement>('a[href], button, summary, input, [tabindex="0"]');
  for (const [i, element] of [...all].entries()) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const mark = `${i} ${element.localName} ${element.textContent.trim().slice(0, 20)}`;
    element.dataset.mark = mark;
    marks.push(mark);
  }
  return marks;
}

/** Of the element that has the focus: its mark, and whether that can be seen. */
export function focused(): { mark: string | undefined; isShown: boolean } {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement)) return { mark: undefined, isShown: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    mark: element.dataset.mark,
    isShown: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
  };
}

interface Shifts {
  /** Of all shifts together; 0.1 is what a visitor begins to mind (https://web.dev/articles/cls). */
  score: number;
  what: string[];
}

/** Begins to add up the layout shifts that no input is the reason of. */
export function watchShifts(): void {
  const shifts: Shifts = { score: 0, what: [] };
  Object.assign(globalThis, { shifts });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { value, hadRecentInput, sources } = entry as PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node: Node | null }[];
      };
      if (hadRecentInput) continue;
      const what = sources.map(({ node }) =>
        node instanceof Element ? node.outerHTML.slice(0, 60) : (node?.nodeName ?? 'gone'),
      );
      shifts.score += value;
      shifts.what.push(`${value.toFixed(4)} ${what.join(', ')}`);
    }
  }).observe({ type: 'layout-shift' });
}

export function shiftsSoFar(): Shifts {
  return (globalThis as unknown as { shifts: Shifts }).shifts;
}

/** Where every part of the page is, in pixels. */
export function boxes(): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  const all = document.querySelectorAll('header, nav, [id^="part-"], section, th, td, dt, dd, svg, h2, h3');
  for (const [i, element] of [...all].entries()) {
    const { x, y, width, height } = element.getBoundingClientRect();
    found[`${i} ${element.localName} ${element.id}`] = [x, y, width, height];
  }
  return found;
}
