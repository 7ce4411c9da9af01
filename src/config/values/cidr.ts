import { isIP } from 'node:net';
import { type Parsed, parsed, refused } from './parsed';

/** A block of addresses: RFC 4632, RFC 4291 §2.3. */
export interface Cidr {
  /** The block's first address. */
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** `10.0.0.0/8`, `2001:db8::/32`; an address alone is a block of one. */
export function parseCidr(text: string): Parsed<Cidr> {
  const [address = '', length, ...more] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  const known = family === 4 || family === 6;
  if (!known || more.length > 0) {
    return refused(
      `wants an address or a block such as 10.0.0.0/8 or 2001:db8::/32, got "${text}"`,
    );
  }
  const width = family === 4 ? 32 : 128;
  const prefix = length === undefined ? width : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > width) {
    return refused(`wants a prefix length from 0 to ${width} after the slash, got "${text}"`);
  }
  if (hasBitsAfter(addressBits(address, family), prefix, width)) {
    return refused(
      `has bits set after its prefix: write ${address}/${width} for the one host, or clear the host part of "${text}"`,
    );
  }
  return parsed({ address, prefix, family });
}

/** The same text for every way of writing a block. */
export function cidrKey(block: Cidr): string {
  return `${block.family}/${addressBits(block.address, block.family)}/${block.prefix}`;
}

function hasBitsAfter(bits: bigint, prefix: number, width: number): boolean {
  return (bits & ((1n << BigInt(width - prefix)) - 1n)) !== 0n;
}

function addressBits(address: string, family: 4 | 6): bigint {
  if (family === 4) {
    return address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
  }
  const [head = '', tail] = withoutDottedTail(address).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce(
    (bits, group) => (bits << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

/** `::ffff:10.0.0.1` → `::ffff:a00:1` (RFC 4291 §2.2). */
function withoutDottedTail(address: string): string {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (!dotted) return address;
  const [, head = '', a, b, c, d] = dotted;
  const high = (Number(a) << 8) | Number(b);
  const low = (Number(c) << 8) | Number(d);
  return `${head}${high.toString(16)}:${low.toString(16)}`;
}
