/** The commands of `show`: one for each subject. */
import { type AnyCommand, command, type Group } from './command.ts';
import { REMOTE } from './options.ts';
import type { Subject } from './show.ts';

const OPTIONS = { watch: { about: 'Show it again whenever it changes; Ctrl-C ends it' }, ...REMOTE } as const;

/** A subject that takes no words. */
function subject(name: Subject, about: string, details?: string): AnyCommand {
  return command({
    name,
    about,
    ...(details === undefined ? {} : { details }),
    options: OPTIONS,
    examples: [`appliance show ${name}`, `appliance show ${name} --json`],
    load: async () => (await import('./show.ts')).showing(name),
  });
}

/** A subject of VPP's graph. */
function counted(name: Subject, about: string): AnyCommand {
  const options = { all: { about: 'Also those that are zero' }, ...OPTIONS };
  const examples = [`appliance show ${name}`, `appliance show ${name} --all`] as const;
  return command({
    name,
    about,
    options,
    examples,
    load: async () => (await import('./show.ts')).showing(name),
  });
}

export const SHOW: Group = {
  name: 'show',
  about: 'Show what a running appliance reports',
  examples: ['appliance show health', 'appliance show interfaces --watch', 'appliance show route 192.0.2.1'],
  commands: [
    subject('health', 'Health, and what is broken first', 'Exit code 0: ready and nothing in error, 1: not.'),
    subject('status', 'A summary in a few lines'),
    subject('interfaces', 'Interfaces with their traffic'),
    subject('objects', 'Objects configured in VPP: sub-interfaces, bonds, bridges, filters …'),
    subject('vpp', "VPP's process, API, counters and hugepages"),
    subject('workers', "VPP's threads and how busy they are"),
    counted('nodes', "Nodes of VPP's graph by what they cost"),
    counted('errors', 'What VPP dropped, and why'),
    command({
      name: 'route',
      about: 'Where packets go, and why',
      arguments: [
        { form: '<destination...>', about: 'An address, a prefix, or "mpls" and a label', source: 'prefix' },
      ],
      options: { table: { value: 'n', about: 'Number of the FIB table' }, ...OPTIONS },
      examples: ['appliance show route 192.0.2.1', 'appliance show route mpls 100'],
      load: async () => (await import('./show.ts')).showRoute,
    }),
    command({
      name: 'fib',
      about: 'State of the FIBs, or all routes of one',
      arguments: [{ form: '[fib]', about: 'List the routes of this FIB', choices: ['vpp', 'kernel'] }],
      options: OPTIONS,
      examples: ['appliance show fib', 'appliance show fib vpp'],
      load: async () => (await import('./show.ts')).showFib,
    }),
    subject('import', 'Routes of routing daemons, and those that are not imported'),
    subject('bgp', 'BGP sessions, their prefixes, and why one is down'),
    subject('services', 'Services and how often they were restarted'),
    command({
      name: 'log',
      about: 'The log of a service',
      arguments: [
        { form: '[service]', about: 'Name of the service; otherwise appliance', source: 'service' },
      ],
      options: { follow: { about: 'Print its lines as they come' }, ...OPTIONS },
      examples: ['appliance show log vpp --follow'],
      load: async () => (await import('./show.ts')).showLog,
    }),
    subject('boot', 'Phases of the boot'),
    subject('config', 'Which configuration is in force, and its mistakes'),
    subject('update', 'Versions, and how updates ended'),
    subject('box', 'Watchdog, worker cores, time, crashes and certificate'),
  ],
};
