import { isIPv4, isIPv6 } from 'node:net';

/**
 * Where datagrams come from and go to, in a form that is compared without making anything: seven
 * 32-bit words laid out as Linux's sockaddr_in and sockaddr_in6, so that the kernel backend can take
 * them as they are.
 *
 *     word 0       family (2 octets, little endian), port (2 octets, network order)
 *     word 1       IPv4 address, or IPv6 flow information
 *     words 2-5    IPv6 address
 *     word 6       IPv6 scope
 */
export type AddressWords = Int32Array;

export const ADDRESS_WORDS = 7;
const AF_INET = 2;
const AF_INET6 = 10;

/** An address to send to: text for `node:dgram`, words for the kernel. */
export interface SocketAddress {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly words: AddressWords;
  /** The first two words, near at hand: family and port, and all there is of an IPv4 address. */
  readonly head: number;
  readonly host: number;
}

/** The address of a literal and a port; undefined for a host name, or a port that cannot be. */
export function socketAddress(address: string, port: number): SocketAddress | undefined {
  const words = new Int32Array(ADDRESS_WORDS);
  if (!writeAddress(words, address, port)) return undefined;
  return made(address, port, words);
}

function made(address: string, port: number, words: AddressWords): SocketAddress {
  return {
    address,
    port,
    family: isV6(words) ? 6 : 4,
    words,
    head: words[0]!,
    host: words[1]!,
  };
}

/** Writes a literal and a port into `words`; false, and nothing written, when they are not valid. */
export function writeAddress(words: AddressWords, address: string, port: number): boolean {
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) return false;
  const octets = new Uint8Array(words.buffer, words.byteOffset, 4 * ADDRESS_WORDS);
  if (isIPv4(address)) {
    octets.fill(0);
    octets[0] = AF_INET;
    writeIPv4(octets, 4, address);
  } else if (isIPv6(address)) {
    octets.fill(0);
    octets[0] = AF_INET6;
    writeIPv6(octets, address);
  } else {
    return false;
  }
  octets[2] = port >> 8;
  octets[3] = port & 0xff;
  return true;
}

/** The address in `words`, read back; what the kernel wrote of a datagram's source, say. */
export function readAddress(words: AddressWords): SocketAddress {
  const octets = new Uint8Array(words.buffer, words.byteOffset, 4 * ADDRESS_WORDS);
  const copy = new Int32Array(ADDRESS_WORDS);
  copy.set(words.subarray(0, isV6(words) ? ADDRESS_WORDS : 2));
  const address = isV6(words) ? ipv6Text(octets) : octets.subarray(4, 8).join('.');
  const port = (octets[2]! << 8) | octets[3]!;
  return made(address, port, copy);
}

/** Whether a datagram from `source` comes from `address`, as `sameAddress` says. */
export function isFrom(address: SocketAddress, source: AddressWords): boolean {
  if (address.head !== source[0]) return false;
  return address.family === 4 ? address.host === source[1] : sameAddress(address.words, source);
}

/** Same family, port and address. Flow information and scope do not matter. */
export function sameAddress(a: AddressWords, b: AddressWords): boolean {
  if (a[0] !== b[0]) return false;
  if (!isV6(a)) return a[1] === b[1];
  return a[2] === b[2] && a[3] === b[3] && a[4] === b[4] && a[5] === b[5];
}

/** Same family and address, whatever the port. */
export function sameHost(a: AddressWords, b: AddressWords): boolean {
  if (isV6(a) !== isV6(b)) return false;
  if (!isV6(a)) return a[1] === b[1];
  return a[2] === b[2] && a[3] === b[3] && a[4] === b[4] && a[5] === b[5];
}

/** True for `0.0.0.0` and `::`, which name no one to send to. */
export function isUnspecified(words: AddressWords): boolean {
  if (!isV6(words)) return words[1] === 0;
  return words[2] === 0 && words[3] === 0 && words[4] === 0 && words[5] === 0;
}

function isV6(words: AddressWords): boolean {
  return (words[0]! & 0xffff) === AF_INET6;
}

function writeIPv4(octets: Uint8Array, at: number, address: string): void {
  address.split('.').forEach((part, i) => {
    octets[at + i] = Number(part);
  });
}

/** `address` has been found valid; a zone (`%eth0`) is left out: descriptions never carry one. */
function writeIPv6(octets: Uint8Array, address: string): void {
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  writeGroups(octets, 8, head);
  if (tail !== undefined) writeGroups(octets, 24 - groupsLength(tail), tail);
}

function writeGroups(octets: Uint8Array, from: number, groups: string): void {
  let at = from;
  for (const group of groups.split(':')) {
    if (group === '') continue;
    if (group.includes('.')) {
      writeIPv4(octets, at, group);
      at += 4;
    } else {
      const value = Number.parseInt(group, 16);
      octets[at] = value >> 8;
      octets[at + 1] = value & 0xff;
      at += 2;
    }
  }
}

function groupsLength(groups: string): number {
  if (groups === '') return 0;
  return groups.split(':').reduce((sum, group) => sum + (group.includes('.') ? 4 : 2), 0);
}

/** RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`. */
function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((octets[8 + 2 * i]! << 8) | octets[9 + 2 * i]!).toString(16),
  );
  let longest = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === '0') length++;
    if (length > longest.length) longest = { from, length };
  }
  if (longest.from < 0) return groups.join(':');
  const head = groups.slice(0, longest.from).join(':');
  return `${head}::${groups.slice(longest.from + longest.length).join(':')}`;
}
