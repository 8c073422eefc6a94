/** NAT44: names that do not exist, addresses and ports that are claimed twice, and what would translate nothing. */
import { unknownInterface } from './resolve.ts';
import { type AddressRange, formatAddressRange, ipv4Number } from './nat-values.ts';
import { interfaceNames } from './object-names.ts';
import { quote } from './problems.ts';
import type { Review } from './review.ts';
import type { FilePath } from './values.ts';

/** Addresses of `pool`: each is looked at for every new session. */
const MAX_POOL = 1024;

/** Reports what VPP would refuse, or translate nothing by. */
export function checkNat(review: Review): void {
  const { config } = review;
  const interfaces = interfaceNames(config);
  const roles = new Map(config.interfaces.map(({ name, nat }) => [name, nat]));
  const requireOutside = (path: FilePath, name: string): void => {
    const role = roles.get(name);
    if (!roles.has(name) && !interfaces.has(name)) review.error(path, unknownInterface(name, interfaces));
    else if (role !== 'outside') {
      review.error(path, `${quote(name)} is not outside: write nat = outside in [interface.${name}]`);
    }
    const donor = config.interfaces.find((one) => one.name === name)?.unnumbered;
    if (donor !== undefined) {
      const message = `${quote(name)} borrows the addresses of ${donor}, and VPP follows only an interface's own: write the addresses, in pool or as external`;
      review.error(path, message);
    }
  };
  for (const { name, nat, vrf } of config.interfaces) {
    if (nat === undefined || vrf === undefined) continue;
    review.error(
      `interface.${name}.nat`,
      `NAT44 translates in the default VRF only, and ${name} is in ${vrf}: omit one of the two`,
    );
  }
  for (const name of config.nat44.masquerade) requireOutside('nat44.masquerade', name);
  checkPool(review);
  for (const { name, external } of config.portForwards) {
    if ('interface' in external.on) requireOutside(`port-forward.${name}.external`, external.on.interface);
  }
  checkTwice(review);
}

function checkPool(review: Review): void {
  const { nat44, interfaces } = review.config;
  const taken: AddressRange[] = [];
  let count = 0;
  const masked = interfaces.filter(({ name }) => nat44.masquerade.includes(name));
  for (const range of nat44.pool) {
    const other = taken.find((one) => overlaps(one, range));
    if (other !== undefined) {
      review.error(
        'nat44.pool',
        `${formatAddressRange(range)} overlaps ${formatAddressRange(other)}: list each address once`,
      );
    }
    for (const { name, addresses } of masked) {
      const own = addresses.find(({ family, address }) => family === 4 && contains(range, address));
      if (own === undefined) continue;
      review.error(
        'nat44.pool',
        `${quote(own.address)} is the address of ${name}, which masquerade has already: omit it`,
      );
    }
    taken.push(range);
    count += ipv4Number(range.last)! - ipv4Number(range.first)! + 1;
  }
  if (count > MAX_POOL) review.error('nat44.pool', `${count} addresses exceed the limit of ${MAX_POOL}`);
}

function overlaps(a: AddressRange, b: AddressRange): boolean {
  return ipv4Number(a.first)! <= ipv4Number(b.last)! && ipv4Number(b.first)! <= ipv4Number(a.last)!;
}

function contains({ first, last }: AddressRange, address: string): boolean {
  const value = ipv4Number(address)!;
  return value >= ipv4Number(first)! && value <= ipv4Number(last)!;
}

/** VPP knows a mapping by either end: each may be there once. */
function checkTwice(review: Review): void {
  const { portForwards, natStatics, interfaces, nat44 } = review.config;
  // The address that an interface has: `xe0:443` and `192.0.2.1:443` are one port.
  const addressOf = new Map(
    interfaces.flatMap(({ name, addresses }) => {
      const first = addresses.find(({ family }) => family === 4);
      return first === undefined ? [] : [[name, first.address]];
    }),
  );
  const lines = new Map<string, number>();
  const claim = (key: string, path: FilePath, what: string): void => {
    const line = review.line(path);
    const first = lines.get(key);
    if (first === undefined) lines.set(key, line);
    else review.error(path, `${what} is already translated by line ${first}: each may be there once`);
  };
  for (const { name, protocols, external, internal } of portForwards) {
    const where =
      'interface' in external.on
        ? (addressOf.get(external.on.interface) ?? external.on.interface)
        : external.on.address;
    for (const protocol of protocols) {
      claim(
        `out ${protocol} ${where}:${external.port}`,
        `port-forward.${name}.external`,
        `${protocol} ${where}:${external.port}`,
      );
      const inside = `${internal.address}:${internal.port}`;
      claim(`in ${protocol} ${inside}`, `port-forward.${name}.internal`, `${protocol} ${inside}`);
    }
  }
  const masked = new Map(
    nat44.masquerade.flatMap((name) => {
      const address = addressOf.get(name);
      return address === undefined ? [] : [[address, name]];
    }),
  );
  for (const { name, external, internal } of natStatics) {
    claim(`out ${external}`, `nat-static.${name}.external`, external);
    claim(`in ${internal}`, `nat-static.${name}.internal`, internal);
    const owner = masked.get(external);
    if (owner === undefined) continue;
    review.error(
      `nat-static.${name}.external`,
      `${quote(external)} is the address of ${owner}, which masquerade has already: choose another address`,
    );
  }
}

/** Reports settings without effect, and NAT that is open. */
export function warnNat(review: Review): void {
  const { nat44, interfaces, portForwards, natStatics } = review.config;
  const warn = (path: FilePath, message: string): void => review.warning(path, message);
  const outside = interfaces.filter(({ nat }) => nat === 'outside');
  const inside = interfaces.filter(({ nat }) => nat === 'inside');
  if (!nat44.enabled) {
    const off = 'it has no effect without NAT: write enabled = true in [nat44]';
    for (const { name } of [...outside, ...inside]) warn(`interface.${name}.nat`, off);
    for (const { name, line } of portForwards) review.warningAt(line, `port-forward.${name}`, off);
    for (const { name, line } of natStatics) review.warningAt(line, `nat-static.${name}`, off);
    if (nat44.masquerade.length > 0) warn('nat44.masquerade', off);
    if (nat44.pool.length > 0) warn('nat44.pool', off);
    return;
  }
  if (inside.length === 0 || outside.length === 0) {
    const lacking = inside.length === 0 ? 'inside' : 'outside';
    warn('nat44.enabled', `nothing is translated: no interface has nat = ${lacking}`);
  } else if (nat44.masquerade.length + nat44.pool.length + natStatics.length === 0) {
    warn(
      'nat44.enabled',
      'hosts inside get no address outside: name an interface in masquerade, or addresses in pool',
    );
  }
  if (nat44.forwarding && outside.every(({ aclIn }) => aclIn.length === 0)) {
    warn(
      'nat44.forwarding',
      'hosts outside reach those inside by their addresses: write acl-in for the outside interfaces',
    );
  }
}
