/** Loopbacks: `[interface.loop0]` makes VPP's `loop0`. */
import { LOOPBACK_NAME } from '../../config/mod.ts';
import {
  createLoopback,
  createLoopbackInstance,
  deleteLoopback,
  deleteLoopbackRequest,
  markInterface,
} from '../../vpp/api/mod.ts';
import type { Kind } from '../kind.ts';
import { isOwnTag } from '../own-tag.ts';

export const loopback: Kind = {
  name: 'loopback',
  isInterface: true,
  messages: [createLoopbackInstance, deleteLoopbackRequest],
  desired: ({ interfaces }) =>
    new Map(interfaces.filter(({ name }) => LOOPBACK_NAME.test(name)).map(({ name }) => [name, {}])),
  actual: (_client, { all }) => {
    const loopbacks = all.filter(({ name }) => LOOPBACK_NAME.test(name));
    return Promise.resolve(
      new Map(loopbacks.map(({ name, tag }) => [name, { attributes: {}, isOurs: isOwnTag(tag, name) }])),
    );
  },
  refersTo: () => [],
  create: (name) => [
    {
      rank: 'loopbacks',
      words: `create ${name}`,
      run: async (vpp) => {
        const instance = Number(LOOPBACK_NAME.exec(name)?.[1]);
        const index = await createLoopback(vpp.client, { instance });
        await markInterface(vpp.client, index, name);
        vpp.made(name, index);
      },
    },
  ],
  change: () => [],
  remove: (name) => [
    {
      rank: 'loopbacksOff',
      words: `delete ${name}`,
      interrupts: `${name} and its addresses`,
      run: (vpp) => deleteLoopback(vpp.client, vpp.indexOf(name)),
    },
  ],
};
