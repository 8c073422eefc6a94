/** A VPP that refuses every route (VNET_API_ERROR_NO_SUCH_FIB): an update after which traffic would be lost. */
process.env['EMULATOR_FAULTS'] = JSON.stringify({ refuse: { ip_route_add_del: -3 } });
await import('../../emulator/main.ts');
