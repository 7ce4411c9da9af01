/** A crypto suite of RFC 4568 §6.2, RFC 6188 or RFC 7714: what protects the packets of one direction. */
export interface SrtpSuite {
  /** As in `a=crypto`. */
  readonly name: string;
  readonly cipher: 'counter-mode' | 'gcm';
  /** Octets of the master key, and of the session keys for encryption. */
  readonly keyLength: 16 | 32;
  /** Octets of the master salt and of the session salts. */
  readonly saltLength: 12 | 14;
  /** Octets of the authentication tag. */
  readonly rtpTag: number;
  /** RFC 3711 §5.2: never shortened for RTCP. */
  readonly rtcpTag: number;
}

const counterMode = (name: string, keyLength: 16 | 32, rtpTag: number): SrtpSuite => ({
  name,
  cipher: 'counter-mode',
  keyLength,
  saltLength: 14,
  rtpTag,
  rtcpTag: 10,
});

const gcm = (name: string, keyLength: 16 | 32): SrtpSuite => ({
  name,
  cipher: 'gcm',
  keyLength,
  saltLength: 12,
  rtpTag: 16,
  rtcpTag: 16,
});

/** What is spoken here, in the order of our own offers: what every peer knows stands first. */
export const SUITES: readonly SrtpSuite[] = [
  counterMode('AES_CM_128_HMAC_SHA1_80', 16, 10),
  counterMode('AES_CM_128_HMAC_SHA1_32', 16, 4),
  gcm('AEAD_AES_128_GCM', 16),
  gcm('AEAD_AES_256_GCM', 32),
  counterMode('AES_256_CM_HMAC_SHA1_80', 32, 10),
  counterMode('AES_256_CM_HMAC_SHA1_32', 32, 4),
];

/** Undefined for one that is not spoken here. Without regard to case: some write it as they like. */
export function suiteNamed(name: string): SrtpSuite | undefined {
  const wanted = name.toUpperCase();
  return SUITES.find((suite) => suite.name === wanted);
}
