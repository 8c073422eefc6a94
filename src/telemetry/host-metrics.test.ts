import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseExposition, scrape, valueOf } from '../../test/fixtures/exposition.ts';
import { makeStatus } from '../../test/fixtures/status.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'host-metrics-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, `${text}\n`);
}

const families = async (management?: string) => {
  const status = makeStatus(
    management === undefined
      ? { management: { state: 'none', reason: 'r' } }
      : {
          management: {
            state: 'ready',
            interface: management,
            method: 'static',
            addresses: [],
            dns: [],
          },
        },
  );
  return parseExposition(await scrape({ root, status: () => status }));
};

describe("the machine's metrics", () => {
  test('have every sensor of hwmon in degrees, those of two chips of a kind told apart', async () => {
    for (const [chip, device] of [
      ['hwmon0', 'coretemp.0'],
      ['hwmon1', 'coretemp.1'],
    ] as const) {
      put(`sys/class/hwmon/${chip}/name`, 'coretemp');
      put(`sys/class/hwmon/${chip}/temp1_label`, 'Package id 0');
      put(`sys/class/hwmon/${chip}/temp1_input`, '47500');
      mkdirSync(join(root, 'sys/devices', device), { recursive: true });
      symlinkSync(join(root, 'sys/devices', device), join(root, `sys/class/hwmon/${chip}/device`));
    }
    put('sys/class/hwmon/hwmon2/name', 'nvme');
    put('sys/class/hwmon/hwmon2/temp1_input', '-5000');
    put('sys/class/hwmon/hwmon2/temp2_input', 'N/A');
    const name = 'appliance_temperature_celsius';
    const found = await families();
    const labels = (device: string) => ({ chip: 'coretemp', device, sensor: 'Package id 0' });
    expect(valueOf(found, name, labels('coretemp.0'))).toBe(47.5);
    expect(valueOf(found, name, labels('coretemp.1'))).toBe(47.5);
    expect(valueOf(found, name, { chip: 'nvme', device: 'hwmon2', sensor: 'temp1' })).toBe(-5);
    expect(found.get(name)?.samples).toHaveLength(3);
  });

  test('have the thermal zones where there is no hwmon', async () => {
    put('sys/class/thermal/thermal_zone0/type', 'x86_pkg_temp');
    put('sys/class/thermal/thermal_zone0/temp', '61000');
    put('sys/class/thermal/cooling_device0/type', 'Processor');
    const labels = { chip: 'thermal', device: 'thermal_zone0', sensor: 'x86_pkg_temp' };
    expect(valueOf(await families(), 'appliance_temperature_celsius', labels)).toBe(61);
  });

  test('have frequencies, hugepages and memory in base units', async () => {
    put('sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq', '800000');
    put('sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq', '3400000');
    put('sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq', '1');
    put('sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', '800');
    put('sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages', '12');
    put('proc/meminfo', 'MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:     512 kB');
    const found = await families();
    expect(valueOf(found, 'appliance_cpu_frequency_hertz', { cpu: '10' })).toBe(3.4e9);
    expect(found.get('appliance_cpu_frequency_hertz')?.samples).toHaveLength(2);
    expect(valueOf(found, 'appliance_hugepages_present', { page_size_bytes: '2097152' })).toBe(800);
    expect(valueOf(found, 'appliance_hugepages_free', { page_size_bytes: '2097152' })).toBe(12);
    expect(valueOf(found, 'appliance_memory_size_bytes')).toBe(2 ** 21);
    expect(valueOf(found, 'appliance_memory_available_bytes')).toBe(2 ** 19);
  });

  test('have the counters of the management interface, and no link where the kernel does not tell', async () => {
    put('sys/class/net/eth0/statistics/rx_bytes', '18446744073709551615');
    put('sys/class/net/eth0/statistics/tx_dropped', '3');
    // an interface that is down refuses to be read with EINVAL
    mkdirSync(join(root, 'sys/class/net/eth0/carrier'));
    const found = await families('eth0');
    const labels = { interface: 'eth0' };
    expect(valueOf(found, 'appliance_management_receive_bytes_total', labels)).toBe(2 ** 64);
    expect(valueOf(found, 'appliance_management_transmit_drops_total', labels)).toBe(3);
    expect(found.has('appliance_management_link_up')).toBe(false);
  });

  test('have nothing of a machine that has nothing, nor of a name that leads out of the folder', async () => {
    put('sys/class/statistics/rx_bytes', '1');
    const found = await families('..');
    expect(
      [...found.keys()].filter((name) => /temperature|frequency|memory_size|receive/.test(name)),
    ).toEqual([...found.keys()].filter((name) => name.startsWith('vpp_interface_receive')));
  });
});
