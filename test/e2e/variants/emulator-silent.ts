/** A VPP that starts and never opens its API socket: what an update brings that cannot work. */
process.env['EMULATOR_FAULTS'] = JSON.stringify({ neverOpenSocket: true });
await import('../../emulator/main.ts');
