/** Leaf types that are names and paths: each a pattern, and the message for what does not match it. */
import { IMAGE_VERSION_PATTERN, isImageVersion } from './image-version.ts';
import { type LeafType, pattern } from './leaf-types.ts';
import { quote } from './problems.ts';

const LABEL = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
/** sun_path less its NUL. */
const MAX_SOCKET_PATH_BYTES = 107;

/** What is wrong with a name of letters, digits and `marks`; `what` it is a name of. */
function refuseName(text: string, what: string, max: number, marks: string, example: string): string {
  const shown = quote(text);
  if (text.length > max) return `${shown} has ${text.length} characters: ${what} has at most ${max}`;
  if (/^[^A-Za-z]/.test(text) && what !== NETNS)
    return `${shown} does not begin with a letter: expected a name such as ${example}`;
  return `${shown} has characters other than letters, digits, ${marks}: expected a name such as ${example}`;
}

const NETNS = 'a network namespace name';

/** Linux takes 15 characters; VPP's startup.conf would take braces as structure. */
export const interfaceName = pattern('interface name', '^[A-Za-z][A-Za-z0-9_.-]{0,14}$', (text) =>
  refuseName(text, 'an interface name', 15, '".", "_" and "-"', 'xe0'),
);

/** A part of paths and of labels: no separators. */
export const serviceName = pattern('service name', '^[A-Za-z][A-Za-z0-9_-]{0,30}$', (text) =>
  refuseName(text, 'a service name', 31, '"_" and "-"', 'bird'),
);

/** At most 31 characters: with 32 VPP ends at once. No separators, no `.` and `..`. */
export const netns = pattern('namespace name', '^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,31}$', (text) => {
  if (/[/\\]/.test(text)) {
    return `${quote(text)} is a path: write the name alone, such as dataplane (it appears in /run/netns)`;
  }
  if (/^\.\.?$/.test(text)) return `${quote(text)} is a directory: expected a name such as dataplane`;
  return refuseName(text, NETNS, 31, '".", "_" and "-"', 'dataplane');
});

/** RFC 1123, section 2.1; Linux holds 64 characters. */
export const hostname = pattern('host name', `^(?=.{1,64}$)${LABEL}(\\.${LABEL})*$`, (text) => {
  const labels = text.split('.');
  const shown = quote(text);
  if (text.length > 64) return `${shown} has ${text.length} characters: a host name has at most 64`;
  if (labels.some((label) => label.length > 63)) return `${shown} has a label longer than 63 characters`;
  if (labels.includes('')) return `${shown} has an empty label: expected a name such as edge-1`;
  if (/(^|\.)-|-(\.|$)/.test(text))
    return `${shown} has a label that begins or ends with "-": expected a name such as edge-1`;
  return `${shown} has characters other than letters, digits, "-" and ".": expected a name such as edge-1`;
});

/** RFC 1123, section 2.1, in the length of DNS (RFC 1035, section 2.3.4); digits and dots alone are no name. */
export const DNS_NAME = new RegExp(`^(?=.{1,253}$)(?![0-9.]+$)${LABEL}(\\.${LABEL})*$`);

export const version = pattern('version', IMAGE_VERSION_PATTERN, (text) => {
  const meant = text
    .toLowerCase()
    .replace(/^v/, '')
    .replace(/^(\d+)(\.\d+)?$/, (_, major, minor = '.0') => `${major}${minor}.0`);
  const hint = isImageVersion(meant)
    ? `write ${meant}`
    : 'write MAJOR.MINOR.PATCH, with an optional -suffix of lower-case letters, digits and dots';
  return `expected a version, got ${quote(text)}: ${hint}`;
});

/**
 * Absolute, no `..`, not a directory; nothing that ends a word or opens a block in startup.conf, where the path is
 * written. Its length counts in bytes, which a schema cannot express.
 */
export const socketPath: LeafType<string> = {
  ...pattern(
    'socket path',
    '^(?!.*\\.\\.)/[^\\s\\u0000-\\u001f\\u007f{}#"\'\\\\]*[^\\s\\u0000-\\u001f\\u007f{}#"\'\\\\/]$',
    (text, example) =>
      refusePath(text, 'socket', example) ??
      `${quote(text)} has a blank, a control character, a quote or one of { } # \\: expected a path such as ${example}`,
  ),
  read: (text, report) => {
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_SOCKET_PATH_BYTES) return text;
    report(`${quote(text)} has ${bytes} bytes: a socket path has at most ${MAX_SOCKET_PATH_BYTES}`);
    return undefined;
  },
};

export const filePath = pattern(
  'file path',
  '^(?!.*\\.\\.)/[^\\u0000-\\u001f\\u007f]{0,1022}[^\\u0000-\\u001f\\u007f/]$',
  (text, example) => {
    const refusal = refusePath(text, 'file', example);
    if (refusal !== undefined) return refusal;
    if (text.length > 1024) return `${quote(text)} has ${text.length} characters: a path has at most 1024`;
    return `${quote(text)} has control characters`;
  },
);

function refusePath(text: string, what: 'socket' | 'file', example: string): string | undefined {
  if (!text.startsWith('/')) return `expected an absolute path such as ${example}, got ${quote(text)}`;
  if (text.includes('..')) return `${quote(text)} has ".." in it: write the path without it`;
  if (text.endsWith('/')) return `${quote(text)} is a directory: name the ${what} in it, such as ${example}`;
  return undefined;
}

/** Domain, bus, device (5 bits), function (3 bits); lower case. */
export const pciAddress = pattern('PCI address', '^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$', (text) => {
  const withDomain = `0000:${text.toLowerCase()}`;
  if (pciAddress.pattern.test(withDomain)) return `${quote(text)} lacks its domain: write ${withDomain}`;
  return `expected a PCI address DOMAIN:BUS:DEVICE.FUNCTION in hexadecimal such as 0000:03:00.0, got ${quote(text)}`;
});
