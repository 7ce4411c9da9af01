/**
 * What the path of a packet reads and writes of a port, side by side: all that a thousand calls need at
 * every packet is to lie in as few lines of the processor's cache as it can. The objects of the relay decide,
 * and write here what they have decided; the path looks nowhere else.
 *
 * Parts are words of 32 bits from the beginning of a row. Those of two words are doubles.
 */
export const ROW = {
  /** The file descriptor of the socket; 0: there is none. */
  fd: 0,
  /** 1: what comes from `sourceHead`, `sourceHost` may be carried on without asking anybody. */
  hears: 1,
  /** The party, as the first two words of its address. */
  sourceHead: 2,
  sourceHost: 3,
  /** `SPEAKS`: how what goes to `targetHead`, `targetHost` may be sent from this port as it is. */
  speaks: 4,
  targetHead: 5,
  targetHost: 6,
  /** The row of the port that what was heard here is sent from. */
  out: 7,
  /** The row of the first fork of what was heard here; of a fork: the next one. 0: none. */
  fork: 8,
  /** The RTP payload type that came last, -1 when it is not to be carried, and its Hz. */
  payloadType: 9,
  clockRate: 10,
  packets: 11,
  /** Double. */
  octets: 12,
  /** Double, of the last packet. */
  at: 14,
  /** Octets that the kernel cuts what is sent from this port into; 0: as it is. */
  segment: 16,
  /** 1: not every way out of this port can take a batch apart. */
  single: 17,
  /** What was received (RFC 3550), as `RECEPTION` lays it out. */
  reception: 18,
  /** A fork has its sender's account there instead. */
  ssrc: 18,
  streamPackets: 19,
  streamOctets: 20,
  timestamp: 21,
  unreported: 22,
  sendErrors: 23,
  /** And its batch: what `Batches` knows of it. */
  batchCount: 24,
  batchFill: 25,
  batchLength: 26,
  batchWasFull: 27,
  /** Double. */
  batchSince: 28,
  batchTurn: 30,
  length: 32,
} as const;

export const ROW_SIZE = 4 * ROW.length;

/** What `ROW.speaks` says: not at all, at once, or together with others. */
export const SPEAKS = { not: 0, atOnce: 1, later: 2 } as const;

/** The rows of so many ports, one after the other. */
export class Rows {
  readonly words: Int32Array;
  readonly reals: Float64Array;

  /** In memory of `ROW_SIZE` octets each from `at` on, which is a multiple of eight. */
  constructor(count: number, memory: Uint8Array = new Uint8Array(count * ROW_SIZE), at = 0) {
    const { buffer, byteOffset } = memory;
    this.words = new Int32Array(buffer, byteOffset + at, count * ROW.length);
    this.reals = new Float64Array(buffer, byteOffset + at, (count * ROW.length) / 2);
  }
}

/** One of them. */
export class Row {
  readonly words: Int32Array;
  readonly reals: Float64Array;
  readonly at: number;

  constructor(rows = new Rows(1), index = 0) {
    this.words = rows.words;
    this.reals = rows.reals;
    this.at = index * ROW.length;
  }

  get(part: number): number {
    return this.words[this.at + part]!;
  }

  set(part: number, value: number): void {
    this.words[this.at + part] = value;
  }

  getReal(part: number): number {
    return this.reals[(this.at + part) / 2]!;
  }

  setReal(part: number, value: number): void {
    this.reals[(this.at + part) / 2] = value;
  }

  /** For somebody else's packets by the same socket. */
  renew(): void {
    const fd = this.get(ROW.fd);
    this.clear();
    this.set(ROW.fd, fd);
  }

  clear(): void {
    this.words.fill(0, this.at, this.at + ROW.length);
  }
}
