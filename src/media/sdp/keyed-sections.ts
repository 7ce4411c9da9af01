import { writeCryptoAttribute } from '../srtp';
import type { Keying } from './keying';
import { attribute, type SdpLine, type Sections } from './lines';

/** Attributes by which keys are agreed: RFC 4568, RFC 5763, RFC 8842, RFC 4567, RFC 6189. */
const KEYING = new Set(['crypto', 'fingerprint', 'setup', 'tls-id', 'key-mgmt', 'zrtp-hash']);

/**
 * The sections with our keys in the place of those that came: keys for one side are never shown to the other.
 * A line without keying passes as it came, and with it what goes for the session.
 */
export function withKeying(
  { session, media }: Sections,
  keying: ReadonlyArray<Keying | undefined>,
): Sections {
  const passes = media.some((_, i) => keying[i] === undefined);
  return {
    session: passes ? session : session.filter(isOther),
    media: media.map((section, i) => {
      const own = keying[i];
      if (!own) return section;
      const { fields, lines } = section;
      const crypto = fields.port === 0 ? [] : own.crypto;
      return {
        fields: { ...fields, protocol: own.protocol },
        lines: [
          ...lines.filter(isOther),
          ...crypto.map(
            (one): SdpLine => ({ type: 'a', value: `crypto:${writeCryptoAttribute(one)}` }),
          ),
        ],
      };
    }),
  };
}

function isOther(line: SdpLine): boolean {
  return line.type !== 'a' || !KEYING.has(attribute(line).name);
}
