/**
 * A connection to an appliance, trusted before anything is said on it: by a known authority, by the fingerprint of its
 * certificate, or because the user said that any will do.
 */
import type { RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

export interface TlsTrust {
  /** Any certificate will do. */
  readonly insecure?: boolean | undefined;
  /** SHA-256 of the certificate that it has to be, in hexadecimal, with or without colons. */
  readonly fingerprint?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** How `node:http` is to reach a URL. Rejects when the certificate is not trusted, naming its fingerprint. */
export async function openConnection(url: URL, trust: TlsTrust): Promise<RequestOptions> {
  if (url.protocol === 'http:') return { port: url.port || '80' };
  const wanted = trust.fingerprint === undefined ? undefined : normalFingerprint(trust.fingerprint);
  const socket = await openTls(url);
  try {
    const presented = socket.getPeerCertificate().fingerprint256;
    if (wanted !== undefined) {
      if (normalFingerprint(presented) !== wanted) {
        throw new Error(
          `the certificate has the fingerprint ${presented}, not ${trust.fingerprint}: another machine may be answering`,
        );
      }
    } else if (!socket.authorized && trust.insecure !== true) {
      const reason = String(socket.authorizationError ?? 'no reason given');
      throw new Error(
        `the certificate is not trusted (${reason}). Its fingerprint is ${presented}: compare it with the one on the appliance's console, then give --fingerprint ${presented}, or --insecure to take any`,
      );
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { createConnection: () => socket };
}

/** Whether a URL's host is this machine by its address, or by the name that is never asked of a server. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function openTls(url: URL): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    host,
    port: Number(url.port || '443'),
    // RFC 6066, section 3: an address is no server name
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    // judged by the caller, before anything is sent
    rejectUnauthorized: false,
  });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no TLS within ${CONNECT_TIMEOUT_MS / 1000} s`)),
    CONNECT_TIMEOUT_MS,
  );
  socket.once('error', reject);
  socket.once('secureConnect', () => {
    socket.off('error', reject);
    resolve(socket);
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Throws when it is no SHA-256 in hexadecimal. */
function normalFingerprint(text: string): string {
  const digits = text.replace(/^sha-?256[:=]?/i, '').replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new Error(`"${text}" is no fingerprint: 32 bytes in hexadecimal (SHA-256) would be one`);
  }
  return digits.toLowerCase();
}
