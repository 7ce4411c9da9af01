/**
 * What the path of a packet reads and writes of a port, side by side: all that a thousand calls need at
 * every packet is to lie in as few lines of the processor's cache as it can. A row is two of them, and what each packet of a
 * fork needs is in the first, but for the first and the last of a batch. The objects of the relay decide, and write here what they have decided; the path looks nowhere else.
 *
 * Parts are words of 32 bits from the beginning of a row. Those of two words are doubles.
 */
export const ROW = {
  /** 1: what comes from `sourceHead`, `sourceHost` may be carried on without asking anybody. */
  hears: 0,
  /** The party, as the first two words of its address. */
  sourceHead: 1,
  sourceHost: 2,
  /** `SPEAKS`: how what was heard here, or is a fork's, may be sent as it is to `targetHead`, `targetHost`. */
  speaks: 3,
  targetHead: 4,
  targetHost: 5,
  /** The slot of the port that what was heard here is sent from, and its file descriptor. */
  out: 6,
  outFd: 7,
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
  /** The file descriptor of the socket; 0: there is none. */
  fd: 16,
  /** Octets that the kernel cuts what is sent from this port into; 0: as it is. */
  segment: 17,
  /** What was received (RFC 3550), as `RECEPTION` lays it out. */
  reception: 18,
  length: 32,
} as const;

/** What a fork has in those places that it does not need: it hears nobody, and is its own way out. */
export const FORK_ROW = {
  /** Its sender's account (RFC 3550 §6.4.1). */
  ssrc: 1,
  timestamp: 2,
  streamPackets: 6,
  streamOctets: 7,
  /** Its batch, as `Batches` has it. */
  batch: 10,
  sendErrors: 19,
  /** `streamPackets` when it was reported last. */
  reported: 20,
  batchTurn: 21,
  /** Double. */
  batchSince: 22,
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

  get slot(): number {
    return this.at / ROW.length;
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
