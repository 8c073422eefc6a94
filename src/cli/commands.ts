/** Every command of the command line but those of `show`. */
import { command, type Group, under } from './command.ts';
import { JSON_OUTPUT, REMOTE, RUN_DIR } from './options.ts';
import { SHOW } from './show-commands.ts';

const CONFIG_FILE = { form: '<file>', about: 'An appliance.ini', source: 'file' } as const;
const VPP_VERSION = {
  value: 'version',
  about: 'Version of VPP, such as 26.06, instead of the one installed here',
} as const;
const CHANGE = {
  dryRun: { about: 'Only say what would change' },
  restartVpp: { about: 'Restart VPP where a change needs it' },
} as const;
const FEED_NAME = {
  value: 'name',
  about: 'Name of these routes; otherwise that of the file',
  source: 'feed',
} as const;
const WAIT_FOR_FIBS = { about: 'Wait until the FIBs have the change' } as const;
const ROUTE_FILE = 'A file of routes, or - for standard input';

export const COMMANDS: Group = {
  name: 'appliance',
  about: 'A router appliance: this machine, or one that runs elsewhere',
  examples: ['appliance show health', 'appliance help show fib', 'appliance show fib --help'],
  commands: [
    ...under('Files, and this machine:', [
      command({
        name: 'check',
        about: 'Check a configuration',
        details: 'Exit code 0: valid, 1: invalid, with each mistake and its line on stderr.',
        arguments: [CONFIG_FILE],
        options: {
          here: { about: 'The file is for this machine: what does not fit it is a mistake' },
          vppVersion: VPP_VERSION,
          json: JSON_OUTPUT,
        },
        examples: ['appliance check appliance.ini --vpp-version 26.06'],
        load: async () => (await import('./check.ts')).check,
      }),
      command({
        name: 'render',
        about: "Print VPP's startup.conf for a configuration",
        details: 'Without an installed VPP it is for the version that stderr names.',
        arguments: [CONFIG_FILE],
        options: { vppVersion: VPP_VERSION },
        examples: ['appliance render appliance.ini --vpp-version 25.02'],
        load: async () => (await import('./render.ts')).render,
      }),
      command({
        name: 'run',
        about: 'Run everything but the machine itself',
        details: 'SIGHUP reads the configuration again; SIGTERM or Ctrl-C ends it.',
        options: {
          config: { value: 'file', about: 'An appliance.ini', source: 'file' },
          runDir: { ...RUN_DIR, about: 'Directory for its sockets' },
        },
        examples: ['appliance run --config appliance.ini'],
        load: async () => (await import('./run.ts')).run,
      }),
      command({
        name: 'sign',
        about: 'Sign an image, or make a pair of keys',
        details: 'Writes FILE.sig, by which an appliance with the public key knows the image.',
        arguments: [{ form: '[file]', about: 'An image', source: 'file' }],
        options: {
          key: { value: 'file', about: 'The private key', source: 'file' },
          newKey: {
            value: 'file',
            about: 'Make a private key, and the public one beside it',
            source: 'file',
          },
          version: { value: 'version', about: 'Version of an image without one in its os-release' },
          architecture: { value: 'name', about: 'Architecture of the image', default: 'x86_64' },
          noBuildTime: { about: 'Leave the build time out, for boxes whose version refuses it' },
        },
        examples: [
          'appliance sign --new-key update.key',
          'appliance sign appliance-0.2.0.efi --key update.key',
        ],
        load: async () => (await import('./sign.ts')).sign,
      }),
      command({
        name: 'version',
        about: 'Print the version of this program',
        examples: ['appliance version'],
        load: async () => (await import('./version.ts')).version,
      }),
      command({
        name: 'completion',
        about: 'Print a script by which a shell completes commands',
        details: 'Names of interfaces, services and routes are asked of the running appliance.',
        arguments: [{ form: '<shell>', about: 'Which shell', choices: ['bash', 'zsh', 'fish'] }],
        examples: [
          'source <(appliance completion bash)',
          'source <(appliance completion zsh)',
          'appliance completion fish | source',
        ],
        load: async () => (await import('./completion.ts')).completion,
      }),
      command({
        name: 'help',
        about: 'Print the help of a command',
        arguments: [{ form: '[command...]', about: 'Words that name a command', source: 'command' }],
        examples: ['appliance help show fib'],
        load: async () => (await import('./execute.ts')).help,
      }),
    ]),
    command({
      name: 'complete',
      about: 'What the last word may become, for the scripts of completion',
      hidden: true,
      arguments: [{ form: '[words...]', about: 'A command line without its program' }],
      examples: ['appliance complete -- show f'],
      load: async () => (await import('./complete.ts')).complete,
    }),
    ...under('A running appliance:', [
      SHOW,
      {
        name: 'routes',
        about: 'Load and withdraw routes',
        details:
          'Routes that were loaded stay after the command has ended, under a name. Exit code 1: a line was refused.',
        examples: ['appliance routes load table.txt --wait'],
        commands: [
          command({
            name: 'load',
            about: 'Load the routes of a file',
            details: 'They replace what was loaded under the same name.',
            arguments: [{ form: '<file>', about: ROUTE_FILE, source: 'file' }],
            options: {
              name: FEED_NAME,
              distance: { value: 'n', about: 'Administrative distance' },
              hold: { value: 'seconds', about: 'How long they stay, or "forever"', default: 'forever' },
              wait: WAIT_FOR_FIBS,
              json: JSON_OUTPUT,
              runDir: RUN_DIR,
            },
            examples: [
              'appliance routes load table.txt --wait',
              'generate | appliance routes load - --name t',
            ],
            load: async () => (await import('./routes.ts')).loadRoutes,
          }),
          command({
            name: 'withdraw',
            about: 'Withdraw the routes of a file, or all of a name',
            arguments: [{ form: '[file]', about: ROUTE_FILE, source: 'file' }],
            options: { name: FEED_NAME, wait: WAIT_FOR_FIBS, json: JSON_OUTPUT, runDir: RUN_DIR },
            examples: ['appliance routes withdraw half.txt --name t', 'appliance routes withdraw --name t'],
            load: async () => (await import('./routes.ts')).withdrawRoutes,
          }),
          command({
            name: 'show',
            about: 'Show who gave routes, and how many',
            options: REMOTE,
            examples: ['appliance routes show'],
            load: async () => (await import('./routes.ts')).showFeeds,
          }),
        ],
      },
      {
        name: 'config',
        about: 'Change the configuration while the appliance runs',
        examples: ['appliance config put appliance.ini', 'appliance config confirm'],
        commands: [
          command({
            name: 'put',
            about: 'Put a configuration in force until it is confirmed',
            details: 'Exit code 1: it was refused.',
            arguments: [CONFIG_FILE],
            options: { ...CHANGE, ...REMOTE },
            examples: ['appliance config put appliance.ini --dry-run'],
            load: async () => (await import('./config.ts')).putConfig,
          }),
          command({
            name: 'confirm',
            about: 'Keep the configuration that was put',
            options: REMOTE,
            examples: ['appliance config confirm'],
            load: async () => (await import('./config.ts')).confirmConfig,
          }),
          command({
            name: 'show',
            about: 'Print the configuration in force',
            options: REMOTE,
            examples: ['appliance config show > appliance.ini'],
            load: async () => (await import('./config.ts')).showConfig,
          }),
        ],
      },
      command({
        name: 'plan',
        about: 'Show the steps to a configuration, and what they interrupt',
        details: 'Nothing is changed. Exit code 1: the file has mistakes.',
        arguments: [CONFIG_FILE],
        options: REMOTE,
        examples: ['appliance plan appliance.ini', 'appliance plan appliance.ini --json'],
        load: async () => (await import('./config.ts')).planConfig,
      }),
      command({
        name: 'reload',
        about: 'Read the configuration file again',
        details: 'Exit code 1: it was refused.',
        options: { ...CHANGE, ...REMOTE },
        examples: ['appliance reload --dry-run'],
        load: async () => (await import('./reload.ts')).reload,
      }),
      command({
        name: 'vpp',
        about: 'Retry a VPP that keeps failing',
        details: 'It is started at once instead of after its delay.',
        arguments: [{ form: '<action>', about: 'What to do', choices: ['retry'] }],
        options: REMOTE,
        examples: ['appliance vpp retry'],
        load: async () => (await import('./act.ts')).acting('/vpp'),
      }),
      command({
        name: 'vppctl',
        about: "Run a command of VPP's own command line",
        details: 'Without a command it lists those that are allowed.',
        arguments: [{ form: '[command...]', about: "A command of VPP's", source: 'vpp-command' }],
        options: REMOTE,
        examples: ['appliance vppctl show ip fib summary'],
        load: async () => (await import('./vppctl.ts')).vppctl,
      }),
      command({
        name: 'update',
        about: 'Send a new version and restart to try it',
        details: 'Exit code 1: with --wait, the new version failed and the previous one was restored.',
        arguments: [{ form: '<file>', about: 'A signed image', source: 'file' }],
        options: {
          signature: { value: 'file', about: 'Its signature; otherwise FILE.sig', source: 'file' },
          wait: { about: 'Wait for the verdict on the new version' },
          // Three boots of a new version, each with the default time for its verdict, and the firmware's share.
          waitTimeout: { value: 'seconds', about: 'How long to wait', default: '1200' },
          noRestart: { about: 'Do not restart: the next restart tries the version' },
          ...REMOTE,
        },
        examples: ['appliance update appliance-0.2.0.efi --wait --host https://192.0.2.1:8443'],
        load: async () => (await import('./update.ts')).update,
      }),
      command({
        name: 'power',
        about: 'Restart the machine or switch it off',
        arguments: [{ form: '<action>', about: 'What to do', choices: ['restart', 'off'] }],
        options: REMOTE,
        examples: ['appliance power restart'],
        load: async () => (await import('./act.ts')).acting('/power'),
      }),
      command({
        name: 'password',
        about: 'Change the password',
        details: 'On the socket of this machine the old one is not needed.',
        options: {
          newPasswordFile: { value: 'file', about: 'File with the new password', source: 'file' },
          ...REMOTE,
        },
        examples: ['appliance password'],
        load: async () => (await import('./password.ts')).password,
      }),
      command({
        name: 'install',
        about: 'Copy the running system to another disk',
        details: 'All that is on the disk is erased.',
        arguments: [{ form: '[disk]', about: 'Name of the disk' }],
        options: {
          list: { about: 'List the disks' },
          disk: { value: 'name', about: 'Name of the disk, as an option' },
          ...REMOTE,
        },
        examples: ['appliance install --list', 'appliance install nvme0n1'],
        load: async () => (await import('./install.ts')).install,
      }),
      command({
        name: 'factory-reset',
        about: 'Erase everything that is not of the image',
        details: 'Configuration, password and logs among it. Exit code 1: something could not be erased.',
        options: {
          yes: { about: 'Do it' },
          keepNetwork: { about: 'Keep [management] of the configuration' },
          ...REMOTE,
        },
        examples: ['appliance factory-reset --yes --keep-network'],
        load: async () => (await import('./factory-reset.ts')).factoryReset,
      }),
    ]),
  ],
};
