/**
 * Random HTTP requests as bytes, from a table of routes: most are for a route, by a method that it has, under a name of
 * the box; what can be wrong with a request is wrong with some of them.
 */
import fc from 'fast-check';
import { VPP_COMMANDS } from '../../src/vpp/mod.ts';

export interface RandomRequest {
  readonly isTls: boolean;
  /** The address that it comes from. */
  readonly from: string;
  /** One character a byte; `{COOKIE}` stands for that of a session. */
  readonly bytes: string;
  /** It would change something, and has nothing that lets it in. */
  readonly mayNot: boolean;
}

/** How it shows who asks; `session` and `password` are for what changes nothing alone. */
type Credentials = 'none' | 'nonsense' | 'wrong' | 'session' | 'password';

const OTHER_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];
const OWN_HOSTS = ['127.0.0.1', 'localhost', 'router.example.net', '[::1]:8443', '127.0.0.1:1'];
const FOREIGN_HOSTS = [
  'evil.example',
  'x@127.0.0.1',
  '127.0.0.1:99999',
  'router.example.net.evil',
  '[::1',
  '*',
];
/** Peers whose wrong passwords make nobody else wait. */
const GUESSERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const VISITOR = '127.0.0.5';
const OWNER = '127.0.0.9';

/** Bytes that have no meaning in a request line or a header. */
const token = fc.string({
  unit: fc.constantFrom(...Array.from('abcXYZ019._-~%/\\"\'<>{}[]()!$&*+,;=@^`|\u0080\u00ff')),
  maxLength: 24,
});
/** What VPP's command line is asked: of the table, what would end VPP, and what is near either. */
const COMMANDS: readonly string[] = [
  ...VPP_COMMANDS.filter((usage) => !/[[{A-Z]/.test(usage)),
  ...['show interface loop0', 'show ip fib 10.1.2.3', 'show ip fib 10.0.0.0/8 table 0', 'show interface xe9'],
  ...['show int', 'set interface state loop0 down', 'clear interfaces', 'quit'],
  ...['show api dump file /', 'show tap local0', 'show tun local0', 'show fib source 4294967294'],
  ...['show udp transport ports', 'show hardware-interfaces 4294967294', 'show qos mark x'],
];
const QUERIES: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['command', COMMANDS],
  [
    'destination',
    ['10.1.2.3', '10.0.0.0/8', '2001:db8::1', 'mpls 100', 'mpls 9999999999', '0.0.0.0/0', '::/0'],
  ],
  ['table', ['0', '7', '-1', '4294967295', 'x']],
  ['service', ['vpp', 'appliance', 'kernel', 'nobody', '__proto__']],
  ['follow', ['', '1']],
  ['all', ['']],
  ['history', ['']],
  ['refresh', ['off', 'on']],
  ['disk', ['nvme0n1', '../x']],
  ['dry-run', ['', '0', '1', 'x']],
  ['restart-vpp', ['', '1', 'x']],
];

const query = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(...QUERIES)
          .chain(([name, values]) => pair(name, fc.constantFrom(...values))),
      },
      { weight: 1, arbitrary: fc.constantFrom(...QUERIES).chain(([name]) => pair(name, token)) },
      { weight: 1, arbitrary: token },
    ),
    { maxLength: 3 },
  )
  .map((parts) => (parts.length === 0 ? '' : `?${parts.join('&')}`));

function pair(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return value.map((text) => `${name}=${encodeURIComponent(text)}`);
}

const browser = fc.record(
  {
    'Sec-Fetch-Site': fc.constantFrom('same-origin', 'none', 'cross-site', 'same-site', 'x'),
    'Sec-Fetch-Mode': fc.constantFrom('navigate', 'no-cors', 'cors'),
    'Sec-Fetch-Dest': fc.constantFrom('document', 'image', 'iframe', 'empty'),
    Origin: fc.constantFrom('https://evil.example', 'null', 'http://127.0.0.1', ''),
  },
  { requiredKeys: [] },
);

const headers = fc.dictionary(
  fc.constantFrom(
    'Accept',
    'Content-Type',
    'Appliance-Manifest',
    'X-HTTP-Method-Override',
    'Range',
    'Cookie',
    'Te',
  ),
  fc.oneof(
    fc.constantFrom(
      ...[
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ],
      ...[
        'application/openmetrics-text;q=1',
        'PUT',
        'bytes=0-1',
        'e30=',
        '*/*;q=x',
        'appliance=x; __Host-appliance=x',
      ],
    ),
    token,
  ),
  { maxKeys: 3 },
);

const body = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: token },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        '{"password":"x"}',
        '{"new":"a new password"}',
        '{"old":"x","new":"a new password"}',
        '[]',
        '{',
        'null',
      ],
      ...[
        'password=x',
        'do=restart&token=x',
        'confirm=erase',
        'new=a+new+password',
        '[vpp]\nenabled = false\n',
      ],
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40_000 }).map((length) => 'x'.repeat(length)) },
);

interface Target {
  readonly path: string;
  readonly method: string;
}

/** What a request is made of, before its bytes. */
interface Parts extends Target {
  readonly query: string;
  readonly host: string | undefined;
  readonly credentials: Credentials;
  readonly isTls: boolean;
  readonly isAbsolute: boolean;
  readonly browser: Readonly<Partial<Record<string, string>>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Requests for these routes: their methods by path. */
export function arbitraryRequest(
  routes: ReadonlyMap<string, readonly string[]>,
  password: string,
): fc.Arbitrary<RandomRequest> {
  const known = [...routes].flatMap(([path, methods]) => methods.map((method) => ({ path, method })));
  const target = fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...known) },
    {
      weight: 2,
      arbitrary: fc.record({
        path: fc.constantFrom(...routes.keys()),
        method: fc.constantFrom(...OTHER_METHODS),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        path: fc.tuple(fc.constantFrom(...routes.keys()), fc.nat(4), token).map(spoil),
        method: fc.constantFrom(...OTHER_METHODS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        path: token.map((text) => `/${text}`),
        method: fc.constantFrom(...OTHER_METHODS),
      }),
    },
  );
  const of = (record: fc.Arbitrary<Omit<Parts, 'path' | 'method'> & { target: Target }>) =>
    record.map(({ target: { path, method }, ...rest }): Parts => ({ path, method, ...rest }));
  const any = of(
    fc.record({
      target,
      query,
      host: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...OWN_HOSTS) },
        { weight: 1, arbitrary: fc.constantFrom(...FOREIGN_HOSTS) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      credentials: fc.oneof<fc.WeightedArbitrary<Credentials>[]>(
        { weight: 60, arbitrary: fc.constant('none') },
        { weight: 10, arbitrary: fc.constant('nonsense') },
        { weight: 4, arbitrary: fc.constant('wrong') },
        { weight: 25, arbitrary: fc.constant('session') },
        { weight: 1, arbitrary: fc.constant('password') },
      ),
      isTls: fc.oneof(
        { weight: 6, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      isAbsolute: fc.oneof(
        { weight: 20, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      browser: fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: browser }),
      headers,
      body,
    }),
  );
  // one in ten is one that is let in, and runs
  const command = fc.oneof(
    fc.constantFrom(...COMMANDS),
    fc.tuple(fc.constantFrom(...COMMANDS), token).map(([text, more]) => `${text} ${more}`),
    fc
      .tuple(fc.constantFrom(...COMMANDS), fc.constantFrom(' ', ''))
      .map(([text, blank]) => text.replace(/ (?=\S+$)/, blank)),
  );
  const commands = command.map(
    (text): Parts => ({
      path: '/vppctl',
      method: 'GET',
      query: `?command=${encodeURIComponent(text)}`,
      host: '127.0.0.1',
      credentials: 'session',
      isTls: false,
      isAbsolute: false,
      browser: {},
      headers: {},
      body: '',
    }),
  );
  return fc
    .oneof({ weight: 9, arbitrary: any }, { weight: 1, arbitrary: commands })
    .map((one) => requestOf(one, password));
}

function spoil([path, how, text]: [string, number, string]): string {
  switch (how) {
    case 0:
      return `${path}/${text}`;
    case 1:
      return path.toUpperCase();
    case 2:
      return `/${path}`;
    case 3:
      return `${path}/..%2f${text}`;
    default:
      return path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  }
}

/** What only reads, and what only says what it would do, may be asked with the password or a session. */
function withoutHarm(parts: Parts): Parts {
  const { method, path, credentials } = parts;
  if (credentials !== 'session' && credentials !== 'password') return parts;
  if (method === 'GET' || method === 'HEAD') return parts;
  const mayBeDry = (method === 'PUT' && path === '/config') || (method === 'POST' && path === '/reload');
  return mayBeDry ? { ...parts, query: '?dry-run' } : { ...parts, credentials: 'none' };
}

function requestOf(given: Parts, password: string): RandomRequest {
  const parts = withoutHarm(given);
  const { method, path, query: asked, host, credentials, isTls, isAbsolute } = parts;
  const target = `${path}${asked}`.replaceAll(/[\s#]/g, '');
  const lines = [
    `${method} ${isAbsolute ? `http://${host ?? '127.0.0.1'}` : ''}${target} HTTP/1.${host === undefined ? 0 : 1}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    'Connection: close',
    ...credentialLines(credentials, password),
    ...Object.entries({ ...parts.browser, ...parts.headers })
      // those of the request itself are said once
      .filter(([name]) => !(name === 'Cookie' && credentials === 'session'))
      .map(([name, value]) => `${name}: ${value}`),
    ...(parts.body === '' ? [] : [`Content-Length: ${parts.body.length}`]),
  ];
  const isLetIn = credentials === 'session' || credentials === 'password';
  return {
    isTls,
    from: addressOf(credentials, parts.body.length),
    bytes: `${lines.join('\r\n')}\r\n\r\n${parts.body}`,
    mayNot: !isLetIn && method !== 'GET' && method !== 'HEAD',
  };
}

function credentialLines(credentials: Credentials, password: string): string[] {
  const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;
  switch (credentials) {
    case 'none':
      return [];
    case 'nonsense':
      return ['Authorization: Basic =x=', 'Cookie: appliance=; __Host-appliance=%00'];
    case 'wrong':
      return [basic('admin:wrong')];
    case 'session':
      return ['Cookie: {COOKIE}'];
    case 'password':
      return [basic(`admin:${password}`)];
  }
}

function addressOf(credentials: Credentials, any: number): string {
  if (credentials === 'password') return OWNER;
  return credentials === 'wrong' ? (GUESSERS[any % GUESSERS.length] ?? VISITOR) : VISITOR;
}
