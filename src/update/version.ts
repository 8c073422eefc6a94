/**
 * The order of versions by which systemd-boot 252 sorts entries: the UAPI group's Version Format Specification with
 * that release's deviations (`~` before the end of a string, any digits before any letters). Checked against
 * `systemd-analyze compare-versions` in the tests.
 *
 * Surprising: a suffix makes a version newer, `1.0.0-rc.1` > `1.0.0`. A version before a release
 * would need `~`, which an image's version cannot have.
 */

/** Negative when `left` is older, positive when it is newer, 0 when equal to systemd-boot. */
export function compareVersions(left: string, right: string): number {
  let a = left;
  let b = right;
  for (;;) {
    a = withoutSeparators(a);
    b = withoutSeparators(b);
    for (const mark of ['~', '-', '^', '.']) {
      const marksA = a.startsWith(mark);
      if (marksA !== b.startsWith(mark)) return marksA ? -1 : 1;
      if (marksA) {
        a = a.slice(1);
        b = b.slice(1);
      }
      // Only `~` sorts before the end; for all others, longer is newer.
      if (mark === '~' && (a === '' || b === '')) return Math.sign(a.length - b.length);
    }
    const kind = isDigit(a) || isDigit(b) ? /^\d*/ : /^[A-Za-z]*/;
    const partA = kind.exec(a)?.[0] ?? '';
    const partB = kind.exec(b)?.[0] ?? '';
    const order = isDigit(a) || isDigit(b) ? compareNumbers(partA, partB) : compareLetters(partA, partB);
    if (order !== 0) return order;
    a = a.slice(partA.length);
    b = b.slice(partB.length);
  }
}

function withoutSeparators(text: string): string {
  return text.replace(/^[^0-9A-Za-z.~^-]+/, '');
}

function isDigit(text: string): boolean {
  return /^\d/.test(text);
}

/** By value, whatever their length; no digits at all are less than 0. */
function compareNumbers(a: string, b: string): number {
  if ((a === '') !== (b === '')) return a === '' ? -1 : 1;
  const valueA = a.replace(/^0+/, '');
  const valueB = b.replace(/^0+/, '');
  return Math.sign(valueA.length - valueB.length) || compareLetters(valueA, valueB);
}

/** By code, `A` before `a`, and a word before those it begins. */
function compareLetters(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
