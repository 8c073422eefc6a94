/** Owns taking a PromQL expression apart, as far as it names metrics and labels. Not a parser: promtool checks syntax. */

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface Names {
  readonly selectors: readonly Selector[];
  /** In `by`, `on` and the like. */
  readonly grouping: readonly string[];
}

const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'by', 'without', 'on']);

export function namesOf(expression: string): Names {
  const grouping: string[] = [];
  const selectors: Selector[] = [];
  const rest = expression.replace(GROUPING, (_, list: string) => {
    grouping.push(
      ...list
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    );
    return ' ';
  });
  for (const match of rest.matchAll(
    /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{((?:[^}"]|"[^"]*")*)\})?|"[^"]*"|\[[^\]]*\]/g,
  )) {
    const [, metric, , inner = ''] = match;
    if (metric === undefined || WORDS.has(metric)) continue;
    const after = rest.slice(match.index + match[0].length);
    // a function, or the unit of a number
    if (/^\s*\(/.test(after) || /[0-9]$/.test(rest.slice(0, match.index))) continue;
    const matchers = [...inner.matchAll(/([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
      ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
    );
    selectors.push({ metric, matchers });
  }
  return { selectors, grouping };
}
