/** Owns the buttons that copy the text of the element that their `data-copy` names. */

const SAID_MS = 1500;

export function copyOnClick({ target }: Event): void {
  if (!(target instanceof HTMLButtonElement)) return;
  const { copy } = target.dataset;
  const element = copy === undefined ? null : document.getElementById(copy);
  if (element === null) return;
  void copyText(element).then((isDone) => {
    target.textContent = isDone ? 'Copied' : 'Selected';
    setTimeout(() => {
      target.textContent = 'Copy';
    }, SAID_MS);
  });
}

/** False: it is only selected. A browser lets no page write to the clipboard that came without TLS. */
async function copyText(element: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No secure context, or not allowed: the old way, and a selection at the least.
    getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}
