/** Owns what is said of HTTPS. Pure. */
import { formatTime, gauge, inSeconds, metricTable, type Timestamp, type Words } from '../report/mod.ts';

/** Its certificate. */
export interface HttpsStatus {
  /** SHA-256 of the certificate, in the notation of OpenSSL and browsers: `AB:CD:…`. */
  readonly fingerprint: string;
  readonly source: 'user' | 'self-signed';
  readonly expiresAt: Timestamp;
}

export const HTTPS_METRICS = metricTable<{ readonly https?: HttpsStatus }>({
  appliance_https_certificate_expiry_timestamp_seconds: gauge(
    'Unix time at which the certificate of HTTPS expires',
    ({ https }) => inSeconds(https?.expiresAt),
  ),
});

export function describeCertificate(https: HttpsStatus, now: number): Words {
  const whose = https.source === 'user' ? 'your own' : 'self-signed';
  const isOver = https.expiresAt <= now;
  return {
    level: isOver ? 'warning' : 'ok',
    text: `${whose}, ${isOver ? 'expired at' : 'valid until'} ${formatTime(https.expiresAt)}`,
  };
}
