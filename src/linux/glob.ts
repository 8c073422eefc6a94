/** Owns matching modalias patterns: fnmatch(3) with no flags, as kmod uses it. Pure. */

/**
 * Whether the whole of `text` matches `pattern`: `*`, `?`, `[abc]`, `[a-z]`, `[!a]` or `[^a]`, `\` before a literal.
 * A `/` and a leading `.` are not special. An unclosed bracket matches itself.
 */
export function globMatches(pattern: string, text: string): boolean {
  // One remembered star is enough, without recursion: after a later star, every earlier choice is equivalent.
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      starPattern = p++;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t] ?? '') : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (starPattern >= 0) {
      p = starPattern + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Index of the next pattern element if the one at `p` matches `character`, otherwise -1. */
function matchOne(pattern: string, p: number, character: string): number {
  const element = pattern[p];
  if (element === '?') return p + 1;
  if (element === '\\' && p + 1 < pattern.length) return pattern[p + 1] === character ? p + 2 : -1;
  if (element === '[') {
    const end = bracketEnd(pattern, p);
    if (end >= 0) return bracketMatches(pattern.slice(p + 1, end), character) ? end + 1 : -1;
  }
  return element === character ? p + 1 : -1;
}

/** Index of the `]` that closes the bracket at `p`; one right at the start is a member. */
function bracketEnd(pattern: string, p: number): number {
  let first = p + 1;
  if (pattern[first] === '!' || pattern[first] === '^') first++;
  return pattern.indexOf(']', first + 1);
}

function bracketMatches(inside: string, character: string): boolean {
  const negated = inside.startsWith('!') || inside.startsWith('^');
  let matched = false;
  for (let i = negated ? 1 : 0; i < inside.length; i++) {
    const low = inside[i] ?? '';
    const isRange = inside[i + 1] === '-' && i + 2 < inside.length;
    const high = isRange ? (inside[i + 2] ?? '') : low;
    if (character >= low && character <= high) matched = true;
    if (isRange) i += 2;
  }
  return matched !== negated;
}
