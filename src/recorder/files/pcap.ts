import { isIPv6 } from 'node:net';
import { GrowingFile } from './growing-file';

/**
 * A capture file that Wireshark opens (classic pcap, nanoseconds, raw IP), for the packets of codecs that
 * are not decoded: what the socket took from each datagram is put around it again.
 */

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_RAW = 101;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const UDP_HEADER_BYTES = 8;
const UDP = 17;
const SNAPLEN = 65_535;

export interface Flow {
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
}

export class PcapPart {
  #length = FILE_HEADER_BYTES;

  private constructor(private readonly file: GrowingFile) {}

  static async open(path: string, onFailure: (reason: string) => void): Promise<PcapPart> {
    const part = new PcapPart(await GrowingFile.open(path, onFailure));
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAPLEN, 16);
    header.writeUInt32LE(LINKTYPE_RAW, 20);
    part.file.write(0, header);
    return part;
  }

  /** Appends a datagram that arrived at `wallMs`. It is copied. */
  append(datagram: Buffer, flow: Flow, wallMs: number): void {
    const packet = withHeaders(datagram, flow);
    const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
    header.writeUInt32LE(Math.floor(wallMs / 1000), 0);
    header.writeUInt32LE(Math.floor((wallMs % 1000) * 1e6), 4);
    header.writeUInt32LE(packet.length, 8);
    header.writeUInt32LE(packet.length, 12);
    this.file.write(this.#length, Buffer.concat([header, packet]));
    this.#length += header.length + packet.length;
  }

  finish(): Promise<void> {
    return this.file.close();
  }
}

/** How much of a capture file is whole: what a process that died left behind may end in mid-record. */
export function wholeLength(file: Buffer): number {
  let at = FILE_HEADER_BYTES;
  if (file.length < at) return 0;
  while (at + RECORD_HEADER_BYTES <= file.length) {
    const next = at + RECORD_HEADER_BYTES + file.readUInt32LE(at + 8);
    if (next > file.length) break;
    at = next;
  }
  return at;
}

function withHeaders(payload: Buffer, { from, to }: Flow): Buffer {
  const udpLength = UDP_HEADER_BYTES + payload.length;
  const udp = Buffer.alloc(UDP_HEADER_BYTES);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udpLength, 4);
  // The UDP checksum stays 0, "not computed" (RFC 768).
  const ip = isIPv6(to.address)
    ? ipv6(udpLength, from.address, to.address)
    : ipv4(udpLength, from.address, to.address);
  return Buffer.concat([ip, udp, payload]);
}

function ipv4(length: number, from: string, to: string): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + length, 2);
  header[8] = 64;
  header[9] = UDP;
  header.set(from.split('.').map(Number), 12);
  header.set(to.split('.').map(Number), 16);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  header.writeUInt16BE(~sum & 0xffff, 10);
  return header;
}

function ipv6(length: number, from: string, to: string): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(length, 4);
  header[6] = UDP;
  header[7] = 64;
  header.set(ipv6Octets(from), 8);
  header.set(ipv6Octets(to), 24);
  return header;
}

/** An IPv6 literal as its sixteen octets; a zone is left out. */
function ipv6Octets(address: string): Uint8Array {
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (group.includes('.')) return group.split('.').map(Number);
          const value = Number.parseInt(group, 16);
          return [value >> 8, value & 0xff];
        });
  const octets = new Uint8Array(16);
  octets.set(groups(head));
  const end = groups(tail ?? '');
  octets.set(end, 16 - end.length);
  return octets;
}
