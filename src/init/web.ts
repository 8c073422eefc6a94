/**
 * The appliance's HTTP service: the page, metrics and JSON over HTTP and HTTPS, the same over a Unix socket for the
 * local command line, and changing requests.
 *
 * Owns the listening addresses, the certificate and the password. Another configuration replaces the server and keeps
 * sessions and failure counts. The server's code is loaded at the first use, so that VPP starts first.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config, Endpoint } from '../config/types.ts';
import type { Certificate, ControlTarget, Password } from '../control/mod.ts';
import type { BootPartition, DataPartition } from '../disk/mod.ts';
import { isErrno, reasonOf } from '../linux/mod.ts';
import type { ContributedRoute, HttpServer, HttpServerOptions } from '../telemetry/mod.ts';
import type { StatusProvider } from '../status/mod.ts';
import type { Conditions, Console } from '../log/mod.ts';

/** Default HTTPS endpoint of a box. */
const BOX_HTTPS: Endpoint = { host: '::', port: 8443 };
const SUBJECT = 'https';
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
    return this.#http !== undefined;
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
   * Listens; returns the ports. Rejects with the reason when HTTP cannot listen; for HTTPS that is a condition. Whatever
   * can listen is served in either case, so that the reason can be read.
   */
  async start(config: Config): Promise<string> {
    const { conditions } = this.#options;
    const { listen: plain } = config.http;
    const https = config.http.httpsListen ?? (this.#options.ownsMachine ? BOX_HTTPS : undefined);
    const both = await this.#try(plain, https);
    const alone = both === undefined || https === undefined ? both : await this.#try(plain, undefined);
    if (alone === undefined) {
      conditions.clear('http');
      if (both !== undefined) conditions.set('error', SUBJECT, both.words);
      return this.#where();
    }
    const secure = https === undefined ? alone : await this.#try(undefined, https);
    if (secure !== undefined) {
      if (https !== undefined) conditions.set('error', SUBJECT, secure.words);
      await this.#try(undefined, undefined);
    }
    throw alone.error;
  }

  /** Listens; returns the error, if any. */
  async #try(
    plain: Endpoint | undefined,
    https: Endpoint | undefined,
  ): Promise<{ readonly error: unknown; readonly words: string } | undefined> {
    try {
      this.#http = await this.#listen(plain, https);
      return undefined;
    } catch (error) {
      return { error, words: reasonOf(error) };
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
  async reconfigure(before: Config, next: Config): Promise<void> {
    // A port of ours cannot be probed, and needs no probe: no other socket can listen there.
    const ours = new Set((this.#http?.addresses ?? []).map((one) => ('port' in one ? one.port : 0)));
    for (const endpoint of [next.http.listen, next.http.httpsListen]) {
      if (endpoint !== undefined && !ours.has(endpoint.port)) await tryToListen(endpoint);
    }
    // A revert that follows at once replaces this move.
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => void this.#move(before, next), ANSWER_MS);
  }

  async #move(before: Config, next: Config): Promise<void> {
    const { console, conditions } = this.#options;
    await this[Symbol.asyncDispose]();
    try {
      console.info('http', await this.start(next));
    } catch (error) {
      await this[Symbol.asyncDispose]();
      await this.start(before).catch((again: unknown) => console.error('http', String(again)));
      // After that start, which clears the condition: it does not listen where it should.
      conditions.set('error', 'http', reasonOf(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#moving);
    const http = this.#http;
    this.#http = undefined;
    await http?.[Symbol.asyncDispose]();
  }

  async #listen(plain: Endpoint | undefined, https: Endpoint | undefined): Promise<HttpServer> {
    this.#certificate = https === undefined ? undefined : await this.#openCertificate();
    const tls = this.#certificate;
    try {
      return await this.#bind(plain, https, tls);
    } catch (error) {
      // On a kernel without IPv6, [::] means all IPv4 addresses.
      if (!isWithoutIpv6(error)) throw error;
      const ipv4 = (endpoint: Endpoint): Endpoint =>
        endpoint.host === '::' ? { ...endpoint, host: '0.0.0.0' } : endpoint;
      return this.#bind(
        plain === undefined ? undefined : ipv4(plain),
        https === undefined ? undefined : ipv4(https),
        tls,
      );
    }
  }

  async #bind(
    plain: Endpoint | undefined,
    https: Endpoint | undefined,
    tls: Certificate | undefined,
  ): Promise<HttpServer> {
    const { routes } = await this.#load();
    const { startHttpServer } = await import('../telemetry/mod.ts');
    const { source, console, runDir, hostname, names } = this.#options;
    const listen: HttpServerOptions['listen'] = [
      ...(plain === undefined ? [] : [plain]),
      ...(https === undefined || tls === undefined ? [] : [{ ...https, tls }]),
      { path: `${runDir}/appliance.sock` },
    ];
    const logger = (line: string): void => console.info('http', line);
    return startHttpServer({
      listen,
      source,
      logger,
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
    if (certificate.warnings.length === 0) conditions.clear(SUBJECT);
    else conditions.set('warning', SUBJECT, certificate.warnings.join('; '));
    console.info('https', `certificate ${certificate.source}, SHA-256 ${certificate.fingerprint}`);
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
