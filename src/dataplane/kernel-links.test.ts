import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteNamedNetns, readNames, readText, withNetns } from '../linux/mod.ts';
import { FakeBox, macOf, whyNoLinks } from '../../test/fixtures/kernel-links.ts';
import { KernelLinks } from './kernel-links.ts';

const why = whyNoLinks();

describe.skipIf(why !== undefined)('the NICs of a kernel that forwards', () => {
  let box: FakeBox;
  let links: KernelLinks;

  beforeEach(() => {
    box = new FakeBox();
    links = new KernelLinks(box.options);
  });
  afterEach(() => {
    links.withdraw();
    box[Symbol.dispose]();
  });

  const place = (config: ReturnType<FakeBox['config']>): boolean => links.place(config, box.netns);

  it('are moved to the namespace of the TAPs under their configured names', () => {
    box.plug(2, 'eth1');
    box.plug(3, 'eth2');
    box.ip(box.home, 'link', 'set', 'eth1', 'up');
    const config = box.config({ 2: 'xe0', 3: 'xe1' });
    expect(place(config)).toBe(true);
    expect(box.names(box.netns)).toEqual(['xe0', 'xe1']);
    expect(box.names(box.home)).toEqual([]);
    expect(box.links(box.netns).find(({ name }) => name === 'xe0')?.mac).toBe(macOf('0000:02:00.0'));
    expect(links.find('xe0')).toEqual({ ifName: 'xe0' });
    expect(links.find('xe7')).toEqual({ reason: 'no NIC has the name "xe7"' });
    expect(readNames(`${links.namespaceSysfs}/class/net`)).toEqual(['lo', 'xe0', 'xe1']);
    expect(place(config)).toBe(false);
    expect(box.errors).toEqual([]);
  });

  it('forward there, with addresses that are usable at once and stay', () => {
    place(box.config({}));
    const read = (name: string): string | undefined =>
      withNetns(box.netns, () => readText(`/proc/sys/${name.replaceAll('.', '/')}`));
    expect(read('net.ipv4.ip_forward')).toBe('1');
    expect(read('net.ipv6.conf.all.forwarding')).toBe('1');
    expect(read('net.ipv6.conf.default.keep_addr_on_down')).toBe('1');
    expect(read('net.ipv6.conf.default.accept_dad')).toBe('0');
    expect(read('net.ipv6.conf.default.accept_ra')).toBe('0');
    expect(read('net.ipv4.conf.default.rp_filter')).toBe('0');
  });

  it('may swap their names', () => {
    box.plug(2, 'eth1');
    box.plug(3, 'eth2');
    place(box.config({ 2: 'eth2', 3: 'eth1' }));
    expect(links.find('eth2')).toEqual({ ifName: 'eth2' });
    expect(box.links(box.netns).find(({ name }) => name === 'eth2')?.mac).toBe(macOf('0000:02:00.0'));
    // And again, while they are there.
    place(box.config({ 2: 'eth1', 3: 'xe1' }));
    expect(box.links(box.netns).find(({ name }) => name === 'eth1')?.mac).toBe(macOf('0000:02:00.0'));
    expect(box.names(box.netns)).toEqual(['eth1', 'xe1']);
    expect(box.errors).toEqual([]);
  });

  it('have the names of their TAPs', () => {
    box.plug(2, 'eth1');
    const loop = '[interface.loop0]\naddresses = 203.0.113.1/32\nhost-name = lo0\n';
    const named = box.config({ 2: 'xe0' }, `[interface.xe0]\nhost-name = wan0\n${loop}`);
    place(named);
    expect(links.find('xe0')).toEqual({ ifName: 'wan0' });
    expect(links.interfaceOf('wan0')).toBe('xe0');
    expect(links.interfaceOf('xe0')).toBeUndefined();
    expect(box.names(box.netns)).toContain('wan0');
    const made = links.find('loop0');
    if ('ifName' in made) expect(made.ifName).toBe('lo0');
    place(box.config({ 2: 'xe0' }, '[interface.xe0]\nmtu = 1500\n'));
    expect(box.names(box.netns)).toEqual(['xe0']);
  });

  it('are moved when they appear late or return', () => {
    const config = box.config({ 2: 'xe0' });
    place(config);
    expect(links.find('xe0')).toEqual({ reason: 'the kernel has no interface for 0000:02:00.0' });
    box.plug(2, 'eth1');
    expect(place(config)).toBe(true);
    expect(links.find('xe0')).toEqual({ ifName: 'xe0' });
    box.ip(box.netns, 'link', 'delete', 'xe0');
    expect(place(config)).toBe(true);
    box.plug(2, 'eth1');
    expect(place(config)).toBe(true);
    expect(box.names(box.netns)).toEqual(['xe0']);
  });

  it('are moved to a new namespace of the same name when theirs was deleted', () => {
    const config = box.config({ 2: 'xe0' });
    box.plug(2, 'eth1');
    place(config);
    deleteNamedNetns(box.netns);
    // A veth is deleted with its namespace; a real NIC would return to the own one.
    box.plug(2, 'eth1');
    expect(place(config)).toBe(true);
    expect(box.names(box.netns)).toEqual(['xe0']);
    expect(readNames(`${links.namespaceSysfs}/class/net`)).toEqual(['lo', 'xe0']);
  });

  it('are not moved when management uses them', () => {
    box.plug(2, 'eth1');
    box.plug(3, 'eth2');
    box.management = 'eth1';
    place(box.config({ 2: 'xe0', 3: 'xe1' }));
    expect(box.names(box.home)).toEqual(['eth1']);
    expect(box.names(box.netns)).toEqual(['xe1']);
    expect(links.find('xe0')).toEqual({
      reason: '0000:02:00.0 is the management interface eth1, which is not moved',
    });
    // Another one, which is in the data plane already.
    box.management = 'eth2';
    place(box.config({ 2: 'xe0', 3: 'xe1' }));
    expect(box.names(box.home)).toEqual(['eth2']);
    expect(box.names(box.netns)).toEqual(['xe0']);
  });

  it('report which link has their name, and get the name when it is free', () => {
    box.plug(2, 'eth1');
    const config = box.config({ 2: 'xe0' });
    place(box.config({}));
    box.ip(box.netns, 'link', 'add', 'xe0', 'type', 'veth', 'peer', 'name', 'far-other');
    place(config);
    expect(links.find('xe0')).toMatchObject({ reason: expect.stringMatching(/EEXIST/) });
    box.ip(box.netns, 'link', 'delete', 'xe0');
    expect(place(config)).toBe(true);
    expect(links.find('xe0')).toEqual({ ifName: 'xe0' });
    expect(box.links(box.netns).find(({ name }) => name === 'xe0')?.mac).toBe(macOf('0000:02:00.0'));
  });

  it('are moved back under their original names, or others when those are taken', () => {
    box.plug(2, 'eth1');
    box.plug(3, 'eth2');
    place(box.config({ 2: 'xe0', 3: 'xe1' }));
    box.plug(4, 'eth2');
    links.withdraw();
    expect(box.names(box.netns)).toEqual([]);
    expect(box.names(box.home)).toEqual(['eth0', 'eth1', 'eth2']);
    const mac = (wanted: string) => box.links(box.home).find(({ name }) => name === wanted)?.mac;
    expect([mac('eth0'), mac('eth1')]).toEqual([macOf('0000:03:00.0'), macOf('0000:02:00.0')]);
    expect(links.netns).toBeUndefined();
    expect(links.namespaceSysfs).toBeUndefined();
    expect(links.find('xe0')).toMatchObject({ reason: expect.anything() });
    expect(box.errors).toEqual([]);
  });

  it('are not moved or renamed without a namespace', () => {
    box.plug(2, 'eth1');
    links.place(box.config({ 2: 'xe0' }), undefined);
    expect(links.find('xe0')).toEqual({ ifName: 'eth1' });
    expect(box.names(box.home)).toEqual(['eth1']);
    expect(links.namespaceSysfs).toBeUndefined();
  });

  it('have loopbacks beside them if the kernel has dummy links, else the reason', () => {
    place(box.config({}, '[interface.loop0]\naddresses = 203.0.113.1/32\n'));
    const found = links.find('loop0');
    if ('ifName' in found) {
      expect(box.links(box.netns).find(({ name }) => name === 'loop0')?.kind).toBe('dummy');
      place(box.config({}));
      expect(box.names(box.netns)).toEqual([]);
    } else {
      expect(found.reason).toMatch(/^cannot create it as a dummy link: .*Unknown device type/);
    }
  });

  it('do not use a foreign link as a loopback', () => {
    place(box.config({}));
    box.ip(box.netns, 'link', 'add', 'loop0', 'type', 'veth', 'peer', 'name', 'far-other');
    place(box.config({}, '[interface.loop0]\naddresses = 203.0.113.1/32\n'));
    expect(links.find('loop0')).toEqual({ reason: 'another link of kind veth has the name loop0' });
    links.withdraw();
    expect(box.names(box.netns)).toEqual(['loop0']);
  });
});
