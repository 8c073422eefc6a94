/** [acl.NAME], [macip.NAME] and the lists that their rules name. */
import { formatAclRule, readAclRule } from '../acl-rule.ts';
import { filterName, filterPorts, filterPrefixes, formatRange, sequenceNumbers } from '../filter-values.ts';
import { leaf, section } from '../leaf.ts';
import { parsed } from '../leaf-types.ts';
import { formatMacipRule, readMacipRule } from '../macip-rule.ts';

const countRules = (count: number): string => `${count} ${count === 1 ? 'rule' : 'rules'}`;

export const acls = section('acl.NAME', {
  sentence:
    'A filter: rules in the order of their numbers, of which the first that matches a packet decides; what none matches is denied. `acl-in` and `acl-out` of an interface put it into force.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'lan-in',
    added: ({ rules }) => countRules(rules.length),
    removed: () => 'the filter is deleted',
  },
  leaves: {
    rules: leaf('NUMBER', parsed('rule', readAclRule, formatAclRule), {
      keys: sequenceNumbers,
      absent: 'no rule',
      sentence: 'A rule: the key is its place in the order, the value is what it does with which packets',
      example: 'permit tcp from 10.0.0.0/8 to any port 443 stateful',
      fails: ['interfaces', 'VPP refuses the filter'],
    }),
  },
});

export const macips = section('macip.NAME', {
  sentence:
    'A filter by source MAC address: rules in the order of their numbers, of which the first that matches decides; what none matches is denied. `macip` of an interface puts it into force.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'hosts',
    added: ({ rules }) => countRules(rules.length),
    removed: () => 'the filter is deleted',
  },
  leaves: {
    rules: leaf('NUMBER', parsed('MAC rule', readMacipRule, formatMacipRule), {
      keys: sequenceNumbers,
      absent: 'no rule',
      sentence:
        'A rule: `permit` or `deny`, a MAC address with an optional mask or `any`, and optionally the source addresses',
      example: 'permit 52:54:00:12:34:56 192.0.2.10',
      fails: ['interfaces', 'VPP refuses the filter'],
    }),
  },
});

export const prefixLists = section('prefix-list.NAME', {
  sentence: 'Prefixes under a name, for the rules of filters.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'servers',
    added: ({ prefixes }) => `${prefixes.length} ${prefixes.length === 1 ? 'prefix' : 'prefixes'}`,
    removed: () => 'no rule names it any more',
  },
  leaves: {
    prefixes: leaf('prefixes', filterPrefixes, {
      required: true,
      sentence: 'Prefixes and addresses of either family',
      example: '192.0.2.0/24, 2001:db8:1::/48, 198.51.100.7',
      cannotFail: 'the filters whose rules name it do',
    }),
  },
});

export const portLists = section('port-list.NAME', {
  sentence: 'Ports under a name, for the rules of filters.',
  repeated: {
    as: 'name',
    type: filterName,
    example: 'web',
    added: ({ ports }) => ports.map(formatRange).join(', '),
    removed: () => 'no rule names it any more',
  },
  leaves: {
    ports: leaf('ports', filterPorts, {
      required: true,
      sentence: 'Ports and ranges of ports',
      example: '80, 443, 8000-8010',
      cannotFail: 'the filters whose rules name it do',
    }),
  },
});
