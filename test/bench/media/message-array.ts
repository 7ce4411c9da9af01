import type { Arena } from './system';

/** struct mmsghdr on 64-bit Linux. */
const MESSAGE = 64;
const [NAME, NAME_LENGTH, VECTOR, VECTORS, CONTROL, CONTROL_LENGTH, LENGTH] = [
  0, 8, 16, 24, 32, 40, 56,
];
const IOVEC = 16;
export const SOCKADDR_IN = 16;

/** Messages for sendmmsg and recvmmsg, each with one piece of memory. */
export class MessageArray {
  readonly #at: number;
  readonly #words: Int32Array;
  readonly #vectors: number[] = [];

  constructor(
    private readonly arena: Arena,
    readonly count: number,
  ) {
    this.#at = arena.take(MESSAGE * count);
    this.#words = new Int32Array(arena.bytes.buffer);
  }

  static sizeFor(count: number): number {
    return (MESSAGE + 64) * count + 64;
  }

  /** Where the i-th message is, for the kernel. */
  address(i: number): number {
    return this.arena.base + this.#at + MESSAGE * i;
  }

  /** What the i-th message carries: `length` octets at `at`. */
  carry(i: number, at: number, length: number): void {
    const vector = this.arena.take(IOVEC);
    this.#vectors[i] = vector;
    this.arena.pointer(vector, at);
    this.arena.bytes.writeBigUInt64LE(BigInt(length), vector + 8);
    const message = this.#at + MESSAGE * i;
    this.arena.pointer(message + VECTOR, vector);
    this.arena.bytes.writeBigUInt64LE(1n, message + VECTORS);
  }

  /** What the i-th message carries is so long from now on. */
  resize(i: number, length: number): void {
    this.#words[(this.#vectors[i]! + 8) >> 2] = length;
  }

  /** Where the i-th message goes: a sockaddr_in at `at`. */
  goTo(i: number, at: number): void {
    const message = this.#at + MESSAGE * i;
    this.arena.pointer(message + NAME, at);
    this.arena.bytes.writeUInt32LE(SOCKADDR_IN, message + NAME_LENGTH);
  }

  control(i: number, at: number): void {
    this.arena.pointer(this.#at + MESSAGE * i + CONTROL, at);
  }

  /** The kernel writes over it: it must be told the room each time. */
  giveControlRoom(i: number, length: number): void {
    this.#words[(this.#at + MESSAGE * i + CONTROL_LENGTH) >> 2] = length;
  }

  received(i: number): number {
    return this.#words[(this.#at + MESSAGE * i + LENGTH) >> 2]!;
  }
}
