/** What a hand does to a guest. */
import type { Guest } from '../../image/qemu.ts';

/** Presses Ctrl-Alt-Del on the guest's keyboard. */
export async function pressCtrlAltDelete(guest: Guest): Promise<void> {
  const keys = ['ctrl', 'alt', 'delete'].map((data) => ({ type: 'qcode', data }));
  await guest.command('send-key', { keys });
}

/** Pulls or plugs the cable of a NIC: bus 1 is the management NIC, 2 the first data plane NIC. */
export async function setLink(guest: Guest, bus: number, up: boolean): Promise<void> {
  await guest.command('set_link', { name: `dev${bus}`, up });
}
