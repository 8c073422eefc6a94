/** Loopbacks: `[interface.loop0]` makes VPP's `loop0`. */
import { LOOPBACK_NAME } from '../../config/mod.ts';
import * as api from '../../vpp/api/mod.ts';
import { byInterface, type Kind, makeStep, plainInterfaces } from '../kind.ts';

export const loopback: Kind = {
  name: 'loopback',
  isInterface: true,
  messages: [api.createLoopbackInstance, api.deleteLoopbackRequest],
  desired: (config) => byInterface(config, ({ name }) => (LOOPBACK_NAME.test(name) ? {} : undefined)),
  actual: (_client, interfaces) =>
    Promise.resolve(plainInterfaces(interfaces, ({ name }) => LOOPBACK_NAME.test(name))),
  create: (name) =>
    makeStep('loopbacks', name, `create ${name}`, ({ client }) =>
      api.createLoopback(client, { instance: Number(LOOPBACK_NAME.exec(name)?.[1]) }),
    ),
  change: () => [],
  remove: (name) => ({
    rank: 'loopbacksOff',
    words: `delete ${name}`,
    interrupts: `${name} and its addresses`,
    run: (vpp) => api.deleteLoopback(vpp.client, vpp.indexOf(name)),
  }),
};
