import { randomBytes } from 'node:crypto';
import type { MasterKey, SrtpKeys } from './keys';
import { type SrtpSuite, suiteNamed } from './suites';

/** An `a=crypto` that can be used (RFC 4568 §9.1). */
export interface CryptoAttribute {
  /** Decimal, by which the answer names it. */
  readonly tag: string;
  readonly keys: SrtpKeys;
}

/** Room for what peers write, no more: each is kept for the life of the call. */
const MAX_KEYS = 8;
const MAX_MKI = 128;
/** RFC 3711 §9.2, and RFC 7714 §6. */
const MOST_PACKETS = 2 ** 48;

/**
 * Reads the value of an `a=crypto` line. Undefined when it cannot be used: a suite that is not spoken
 * here, a key of the wrong length, a session parameter that is no mere hint (RFC 4568 §6.3.7 has such a
 * line passed over, not refused).
 */
export function readCryptoAttribute(value: string): CryptoAttribute | undefined {
  const [tag = '', name = '', keyParams = '', ...sessionParams] = value.trim().split(/[ \t]+/);
  const suite = suiteNamed(name);
  if (!/^\d{1,9}$/.test(tag) || !suite || !sessionParams.every(isHint)) return undefined;
  const written = keyParams.split(';');
  if (written.length > MAX_KEYS) return undefined;
  const masters = written.flatMap((one) => readMaster(one, suite) ?? []);
  if (masters.length !== written.length || !distinguishable(masters)) return undefined;
  return { tag: String(Number(tag)), keys: { suite: suite.name, masters } };
}

/** The value of an `a=crypto` line that offers or answers these keys. */
export function writeCryptoAttribute({ tag, keys }: CryptoAttribute): string {
  const masters = keys.masters.map(({ key, salt, mki }) => {
    const inline = `inline:${Buffer.concat([key, salt]).toString('base64')}`;
    return mki
      ? `${inline}|${BigInt(`0x${Buffer.from(mki).toString('hex')}`)}:${mki.length}`
      : inline;
  });
  return `${tag} ${keys.suite} ${masters.join(';')}`;
}

/** The same as a line of a description. */
export function cryptoLine(attribute: CryptoAttribute): { name: string; value: string } {
  return { name: 'crypto', value: writeCryptoAttribute(attribute) };
}

/** A key that nobody has had before. */
export function newKeys(suite: SrtpSuite): SrtpKeys {
  const key = new Uint8Array(randomBytes(suite.keyLength));
  const salt = new Uint8Array(randomBytes(suite.saltLength));
  return { suite: suite.name, masters: [{ key, salt }] };
}

/**
 * True for what changes nothing in the packets, or is as it is without: a window's size, and what is
 * marked as optional (RFC 4568 §6.3.6, §6.3.7).
 */
function isHint(parameter: string): boolean {
  return parameter.startsWith('-') || /^WSH=\d+$/i.test(parameter) || /^KDR=0$/i.test(parameter);
}

/** `inline:KEY||SALT[|lifetime][|MKI:length]`: RFC 4568 §6.1. */
function readMaster(written: string, suite: SrtpSuite): MasterKey | undefined {
  const [, base64 = '', rest = ''] =
    /^inline:([A-Za-z0-9+/]+={0,2})((?:\|.*)?)$/i.exec(written) ?? [];
  const octets = new Uint8Array(Buffer.from(base64, 'base64'));
  if (octets.length !== suite.keyLength + suite.saltLength) return undefined;
  const key = octets.slice(0, suite.keyLength);
  const salt = octets.slice(suite.keyLength);
  const fields = rest === '' ? [] : rest.slice(1).split('|');
  const lifetime = fields[0]?.includes(':') ? undefined : fields.shift();
  if (lifetime !== undefined && !isLifetime(lifetime)) return undefined;
  const [mki, ...more] = fields;
  if (more.length > 0) return undefined;
  if (mki === undefined) return { key, salt };
  const identifier = readMki(mki);
  return identifier && { key, salt, mki: identifier };
}

/** A call ends long before any lifetime that a peer may reasonably give. */
function isLifetime(text: string): boolean {
  const [, power, number] = /^(?:2\^(\d{1,2})|(\d{1,15}))$/.exec(text) ?? [];
  const packets = power === undefined ? Number(number) : 2 ** Number(power);
  return packets > 0 && packets <= MOST_PACKETS;
}

function readMki(text: string): Uint8Array | undefined {
  const [, value, octets] = /^(\d{1,309}):(\d{1,3})$/.exec(text) ?? [];
  const length = Number(octets);
  if (value === undefined || !(length >= 1 && length <= MAX_MKI)) return undefined;
  const hex = BigInt(value).toString(16);
  if (hex.length > 2 * length) return undefined;
  return new Uint8Array(Buffer.from(hex.padStart(2 * length, '0'), 'hex'));
}

/** Of several keys each wants an identifier of its own, all of one length (RFC 4568 §6.1). */
function distinguishable(masters: readonly MasterKey[]): boolean {
  if (masters.length === 1) return true;
  const seen = new Set(masters.map(({ mki }) => mki && Buffer.from(mki).toString('hex')));
  const lengths = new Set(masters.map(({ mki }) => mki?.length));
  return seen.size === masters.length && lengths.size === 1 && !seen.has(undefined);
}
