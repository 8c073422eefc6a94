/** The actions of the menu on the consoles. */
import { describeReset } from '../disk/mod.ts';
import type { Appliance } from './appliance.ts';
import type { MachineOwner } from './machine-owner.ts';
import type { ConsoleActions } from '../machine/mod.ts';

/** What the menu asks of the box itself. */
interface BoxControls extends Pick<MachineOwner, 'status' | 'managementStatus'> {
  install(disk: string, onProgress: (words: string) => void): Promise<void>;
}

export function boxActions(appliance: Appliance, box: BoxControls): ConsoleActions {
  return {
    status() {
      const { hostname, version, uptimeSeconds, conditions, vpp } = appliance.status();
      return [
        `${hostname}: image ${box.status().image}, program ${version}, up ${Math.round(uptimeSeconds)} s`,
        `VPP: process ${vpp.process.state}, API ${vpp.api.state}, ${vpp.restarts} restarts`,
        ...(conditions.length === 0 ? ['all is well'] : []),
        ...conditions.map(({ severity, subject, reason }) => `${severity}: ${subject}: ${reason}`),
      ];
    },
    address() {
      const { managementStatus: management } = box;
      if (management.state !== 'ready') return [`management: ${management.state}: ${management.reason}`];
      const { http } = appliance.config;
      const { certificate, httpsPort } = appliance.web;
      const hosts = management.addresses.map((prefix) => prefix.replace(/\/.*/, ''));
      return [
        `management: ${management.interface}, ${management.addresses.join(' ')}`,
        ...hosts.map((host) => `http://${bracketed(host)}:${http.listen.port}/`),
        ...(httpsPort === undefined ? [] : hosts.map((host) => `https://${bracketed(host)}:${httpsPort}/`)),
        ...(certificate === undefined ? [] : [`certificate SHA-256 ${certificate.fingerprint}`]),
      ];
    },
    services: () => appliance.reports.console.hub.services(),
    log: (service) => appliance.log(service)?.map(({ at, line }) => `${new Date(at).toISOString()} ${line}`),
    newPassword: async () => (await appliance.web.password()).renew(),
    async disks() {
      const targets = await appliance.target.installTargets();
      return targets.map(({ name, model, sizeBytes, partitions, refusal }) => {
        const facts = [`${(sizeBytes / 1e9).toFixed(1)} GB`, model];
        if (partitions.length > 0) facts.push(`has ${partitions.join(' ')}`);
        if (refusal !== undefined) facts.push(`refused: ${refusal}`);
        return `${name} ${facts.filter((fact) => fact !== undefined).join(', ')}`;
      });
    },
    install: (disk, onProgress) => box.install(disk, onProgress),
    async factoryReset(keepNetwork) {
      const report = await appliance.target.factoryReset({ keepNetwork });
      appliance.target.power('restart');
      return describeReset(report);
    },
    power: (action) => appliance.target.power(action),
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
