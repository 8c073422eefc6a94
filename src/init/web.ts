/**
 * The appliance's HTTP service: the page, metrics and JSON over HTTP and HTTPS, the same over a Unix socket for the
 * local command line, and changing requests.
 *
 * Owns the listening addresses, the certificate and the password. Each address stands for itself: one that cannot be
 * bound, because the box does not have it yet or another program has its port, is a condition, and is tried again.
 * Another configuration replaces the server and keeps sessions and failure counts. The server's code is loaded at the
 * first use, so that VPP starts first.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config, Endpoint } from '../config/types.ts';
import type { Certificate, ControlTarget, Password } from '../control/mod.ts';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import { isErrno, reasonOf } from '../linux/mod.ts';
import type { ContributedRoute, HttpServer, ListenAddress } from '../telemetry/mod.ts';
import type { StatusProvider } from '../status/mod.ts';
import type { Conditions, Console } from '../log/mod.ts';

/** Default HTTPS endpoint of a box. */
const BOX_HTTPS: Endpoint = { host: '::', port: 8443 };
/** Of conditions: the listeners, and what is wrong with the certificate. */
const PLAIN = 'http';
const HTTPS = 'https';
const SOCKET = 'socket';
const CERTIFICATE = 'certificate';
/** How often a listener that was refused is tried again. */
const RETRY_MS = 5_000;
/** Time for sending a response before its server is replaced. */
const ANSWER_MS = 500;

export interface WebOptions {
  readonly source: StatusProvider;
  readonly console: Console;
  readonly conditions: Conditions;
  /** Directory of the Unix socket. */
  readonly runDir: string;
  readonly ownsMachine: boolean;
  readonly boot: BootPartition | undefined;
  readonly data: DataPartition;
  readonly target: ControlTarget;
  readonly hostname: () => string;
  /** The current `http.names`. */
  readonly names: () => readonly string[];
  /** Addresses of the management interface, for a new certificate. */
  readonly addresses: () => readonly string[];
  /** Build time of the image, a lower bound of the clock, in Unix milliseconds. */
  readonly builtAt: number;
}

/** The parts loaded at the first use. */
interface Control {
  readonly password: Password;
  readonly routes: readonly ContributedRoute[];
}

export class Web implements AsyncDisposable {
  readonly #options: WebOptions;
  #control: Promise<Control> | undefined;
  #http: HttpServer | undefined;
  #certificate: Certificate | undefined;
  #moving: NodeJS.Timeout | undefined;
  readonly #retries = new Map<string, NodeJS.Timeout>();

  constructor(options: WebOptions) {
    this.#options = options;
  }

  /** The password for changing requests. Rejects when the data partition cannot be read. */
  async password(): Promise<Password> {
    return (await this.#load()).password;
  }

  #load(): Promise<Control> {
    this.#control ??= this.#loadControl();
    return this.#control;
  }

  async #loadControl(): Promise<Control> {
    const { controlRoutes, Password } = await import('../control/mod.ts');
    const { target, hostname, console, data } = this.#options;
    const password = new Password(data);
    const routes = controlRoutes({
      target,
      password,
      hostname,
      certificate: () => this.#certificate,
      logger: (line) => console.info('control', line),
    });
    return { password, routes };
  }

  get isListening(): boolean {
    return this.#http?.addresses.some((one) => 'port' in one) === true;
  }

  get httpsPort(): number | undefined {
    const addresses = this.#http?.addresses ?? [];
    return addresses.flatMap((one) => ('port' in one && one.tls !== undefined ? [one.port] : []))[0];
  }

  /** The certificate of HTTPS; undefined without HTTPS. */
  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  /**
   * Listens; returns the ports. What cannot listen is a condition, and is tried again; rejects with the reason when that
   * is HTTP. Whatever can listen is served in either case, so that the reason can be read.
   */
  async start(config: Config): Promise<string> {
    const { runDir, ownsMachine, conditions } = this.#options;
    const http = await this.#serve();
    this.#http = http;
    const { listen: plain } = config.http;
    const https = config.http.httpsListen ?? (ownsMachine ? BOX_HTTPS : undefined);
    await this.#open(http, SOCKET, () => ({ path: `${runDir}/appliance.sock` }));
    if (https === undefined) {
      this.#certificate = undefined;
      for (const subject of [HTTPS, CERTIFICATE]) conditions.clear(subject);
    } else {
      // Once for all attempts: opening it is logged.
      let tls: Certificate | undefined;
      await this.#open(http, HTTPS, async () => ({ ...https, tls: (tls ??= await this.#openCertificate()) }));
    }
    const reason = await this.#open(http, PLAIN, () => plain);
    if (reason !== undefined) throw new Error(reason);
    return this.#where();
  }

  /** Listens, now or later. Resolves with the reason why not now. */
  async #open(
    http: HttpServer,
    subject: string,
    addressOf: () => ListenAddress | Promise<ListenAddress>,
  ): Promise<string | undefined> {
    const { conditions, console } = this.#options;
    try {
      const address = await addressOf();
      await http.open(address).catch((error: unknown) => {
        // On a kernel without IPv6, [::] means all IPv4 addresses.
        if (!isWithoutIpv6(error) || !('port' in address) || address.host !== '::') throw error;
        return http.open({ ...address, host: '0.0.0.0' });
      });
      conditions.clear(subject);
      return undefined;
    } catch (error) {
      if (this.#http !== http) return undefined;
      const reason = `cannot ${reasonOf(error)}; it is tried again every ${RETRY_MS / 1000} s`;
      conditions.set('error', subject, reason);
      const again = async (): Promise<void> => {
        if ((await this.#open(http, subject, addressOf)) === undefined)
          console.info('http', `listens on ${this.#where()}`);
      };
      this.#retries.set(
        subject,
        setTimeout(() => void again(), RETRY_MS),
      );
      return reason;
    }
  }

  #where(): string {
    return (this.#http?.addresses ?? [])
      .flatMap((address) =>
        'port' in address ? [`${address.tls === undefined ? 'HTTP' : 'HTTPS'} port ${address.port}`] : [],
      )
      .join(', ');
  }

  /**
   * Moves to the endpoints of another configuration with a delay, since the response to the request that changed it has
   * still to be sent. Rejects with the reason when an address cannot be bound, without a change.
   */
  async reconfigure(next: Config): Promise<void> {
    // A port of ours cannot be probed, and needs no probe: no other socket can listen there.
    const ours = new Set((this.#http?.addresses ?? []).map((one) => ('port' in one ? one.port : 0)));
    for (const endpoint of [next.http.listen, next.http.httpsListen]) {
      if (endpoint !== undefined && !ours.has(endpoint.port)) await tryToListen(endpoint);
    }
    // A revert that follows at once replaces this move.
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => void this.#move(next), ANSWER_MS);
  }

  async #move(next: Config): Promise<void> {
    const { console } = this.#options;
    await this[Symbol.asyncDispose]();
    await this.start(next).then(
      (where) => console.info('http', where),
      // It is a condition by then.
      () => {},
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#moving);
    for (const retry of this.#retries.values()) clearTimeout(retry);
    const http = this.#http;
    this.#http = undefined;
    await http?.[Symbol.asyncDispose]();
  }

  /** A server that listens nowhere yet. */
  async #serve(): Promise<HttpServer> {
    const { routes } = await this.#load();
    const { startHttpServer } = await import('../telemetry/mod.ts');
    const { source, console, hostname, names } = this.#options;
    return startHttpServer({
      listen: [],
      source,
      logger: (line) => console.info('http', line),
      names: () => ({ hostname: hostname(), names: names() }),
      routes,
    });
  }

  async #openCertificate(): Promise<Certificate> {
    const { boot, data, hostname, names, addresses, builtAt, conditions, console } = this.#options;
    const { openCertificate } = await import('../control/mod.ts');
    const certificate = await openCertificate({
      ...(boot === undefined ? {} : { boot }),
      data,
      hostname: hostname(),
      names: names(),
      addresses: addresses(),
      builtAt,
    });
    if (certificate.warnings.length === 0) conditions.clear(CERTIFICATE);
    else conditions.set('warning', CERTIFICATE, certificate.warnings.join('; '));
    console.info('https', `certificate ${certificate.source}, SHA-256 ${certificate.fingerprint}`);
    this.#certificate = certificate;
    return certificate;
  }
}

/** Rejects with the reason when the endpoint cannot be bound. */
async function tryToListen({ host, port }: Endpoint): Promise<void> {
  const server = createServer();
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new Error(`cannot listen on ${host} port ${port}: ${reason}`, { cause });
  }
  server.close();
}

function isWithoutIpv6(error: unknown): boolean {
  return error instanceof Error && isErrno(error.cause, 'EAFNOSUPPORT', 'EADDRNOTAVAIL');
}
