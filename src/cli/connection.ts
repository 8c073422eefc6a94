/**
 * A connection to an appliance. Nothing is sent before its certificate is trusted: by a known authority, by its
 * fingerprint, or because the user accepts any.
 */
import type { RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

export interface TlsTrust {
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
  /** SHA-256 of the expected certificate, in hexadecimal, with or without colons. */
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
          `expected a certificate with the fingerprint ${trust.fingerprint}, got ${presented}: another machine may be answering`,
        );
      }
    } else if (!socket.authorized && trust.insecure !== true) {
      const reason = String(socket.authorizationError ?? 'no reason given');
      throw new Error(
        `cannot trust the certificate: ${reason} (compare its fingerprint with the one on the appliance's console, then add --fingerprint ${presented}, or --insecure to accept any)`,
      );
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { createConnection: () => socket };
}

/** Whether a URL's host is this machine: by its address, or by the name that no server resolves. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function openTls(url: URL): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    host,
    port: Number(url.port || '443'),
    // RFC 6066, section 3: an address is not a server name
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
    // judged by the caller, before anything is sent
    rejectUnauthorized: false,
  });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no TLS handshake within ${CONNECT_TIMEOUT_MS / 1000} s`)),
    CONNECT_TIMEOUT_MS,
  );
  socket.once('error', reject);
  socket.once('secureConnect', () => {
    socket.off('error', reject);
    resolve(socket);
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Lower case without colons. Throws when it is not a SHA-256 in hexadecimal. */
function normalFingerprint(text: string): string {
  const digits = text.replace(/^sha-?256[:=]?/i, '').replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new Error(`expected a SHA-256 fingerprint (32 bytes in hexadecimal), got "${text}"`);
  }
  return digits.toLowerCase();
}
