import { expect, test } from 'vitest';
import {
  type ControlFacts,
  MAX_EDITED_CHARACTERS,
  renderControl,
  renderElsewhere,
  renderLogin,
} from './page.ts';

const HOSTILE = `<script>alert("1")</script>&'</textarea>`;

function facts(changes: Partial<ControlFacts> = {}): ControlFacts {
  return {
    hostname: 'edge1',
    fingerprint: 'AB:CD',
    formToken: 'token',
    address: 'https://192.0.2.1:8443',
    config: '\n[system]\n',
    confirmBefore: undefined,
    disks: [],
    ...changes,
  };
}

/** Throws unless every element is closed in its place and every attribute is quoted. */
function checkNesting(page: string): void {
  const open: string[] = [];
  for (const [tag, slash = '', name = '', attributes = ''] of page.matchAll(
    /<(\/?)([!a-z][a-z0-9]*)([^>]*)>/gi,
  )) {
    if (slash) {
      if (open.pop() !== name) throw new Error(`${tag} closes nothing`);
    } else if (name !== '!doctype') {
      if (!/^( [a-z-]+="[^"]*")*$/.test(attributes)) throw new Error(`bad attributes: ${tag}`);
      if (!['meta', 'link', 'input', 'br'].includes(name)) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
}

const pages: readonly [string, () => string][] = [
  ['the login', () => renderLogin(facts())],
  ['the login after a mistake', () => renderLogin(facts({ notice: { level: 'error', lines: [HOSTILE] } }))],
  ['the control', () => renderControl(facts())],
  [
    'the control with everything hostile',
    () =>
      renderControl({
        hostname: HOSTILE,
        fingerprint: HOSTILE,
        formToken: HOSTILE,
        address: HOSTILE,
        config: HOSTILE,
        confirmBefore: 0,
        notice: { level: 'warning', lines: [HOSTILE, HOSTILE] },
        disks: [
          {
            name: HOSTILE,
            device: HOSTILE,
            model: HOSTILE,
            sizeBytes: 1,
            removable: true,
            partitions: [HOSTILE],
            refusal: HOSTILE,
          },
        ],
      }),
  ],
  ['the control without disks', () => renderControl(facts({ disks: HOSTILE }))],
  ['plain HTTP', () => renderElsewhere(facts(), `https://192.0.2.1/${HOSTILE}`)],
  ['plain HTTP without HTTPS', () => renderElsewhere(facts({ fingerprint: undefined }), undefined)],
];

test.each(pages)('%s is a whole document without scripts', (_, render) => {
  const page = render();
  checkNesting(page);
  expect(page).not.toMatch(/<script|style="| on[a-z]+="/);
  expect(page).toContain('name="viewport"');
});

test('every field has a label', () => {
  const page = renderControl(facts());
  const fields = [...page.matchAll(/<(?:input|textarea)[^>]* id="([^"]*)"/g)].map(([, id]) => id);
  expect(fields.length).toBeGreaterThan(4);
  for (const id of fields) expect(page).toContain(`<label for="${id}">`);
});

test('the text begins with its first line, empty or not', () => {
  // an HTML parser drops one line feed right after the tag
  expect(renderControl(facts())).toContain('>\n\n[system]\n</textarea>');
});

test('a text that is too long for a form is not offered for editing', () => {
  const page = renderControl(facts({ config: 'x'.repeat(MAX_EDITED_CHARACTERS + 1) }));
  expect(page).not.toContain('<textarea');
  expect(page).toContain('appliance config put FILE');
});
