/**
 * Owns the change of one tree of elements into another: what is the same stays the same element, so that focus,
 * selection, scrolling and what is folded out survive.
 */

/** Changes `from` in place until it looks like `to`, an element of the same kind. */
export function morph(from: Element, to: Element): void {
  setAttributes(from, to);
  let old = from.firstChild;
  let wanted = to.firstChild;
  while (wanted !== null) {
    const next = wanted.nextSibling;
    if (old === null) {
      from.append(wanted);
    } else if (isAlike(old, wanted)) {
      const same = old;
      old = old.nextSibling;
      if (same instanceof Element && wanted instanceof Element) morph(same, wanted);
      else if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
    } else {
      const replaced = old;
      old = old.nextSibling;
      replaced.replaceWith(wanted);
    }
    wanted = next;
  }
  while (old !== null) {
    const left = old;
    old = old.nextSibling;
    left.remove();
  }
}

function isAlike(a: Node, b: Node): boolean {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName;
}

function setAttributes(from: Element, to: Element): void {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isUsers(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isUsers(from, name)) from.setAttribute(name, value);
  }
}

/** What is folded out is the user's business. */
function isUsers(element: Element, name: string): boolean {
  return name === 'open' && element.nodeName === 'DETAILS';
}
