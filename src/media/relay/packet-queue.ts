import type { Instant, Millis } from '../../core';

/** Octets before each packet: arrival (8) and length (4). */
const HEADER = 12;
/** One and a half seconds of G.711 at 20 ms. */
const BLOCK = 16 * 1024;
/** However long the queue may wait, it never holds more than this. */
const MAX_BLOCKS = 64;
/** Blocks kept for the next calls, so that setting one up allocates nothing: 16 MiB. */
const MAX_SPARE = 1024;
const spare: Buffer[] = [];

interface Block {
  readonly memory: Buffer;
  /** Where the oldest packet begins, and where the next one goes. */
  head: number;
  tail: number;
}

/** Packets with their arrival times, oldest first, bounded in time and in memory. */
export class PacketQueue {
  readonly #blocks: Block[] = [];
  #count = 0;
  #dropped = 0;

  /** Holds packets that arrived within `span` of the newest. */
  constructor(private readonly span: Millis) {}

  get count(): number {
    return this.#count;
  }

  /** Packets pushed out before they were taken, oldest first. */
  get dropped(): number {
    return this.#dropped;
  }

  push(bytes: Buffer, offset: number, length: number, arrival: Instant): void {
    while (this.#count > 0 && arrival - this.#oldestArrival() > this.span) this.#drop();
    const block = this.#blockFor(HEADER + length);
    const { memory, tail } = block;
    memory.writeDoubleLE(arrival, tail);
    memory.writeUInt32LE(length, tail + 8);
    bytes.copy(memory, tail + HEADER, offset, offset + length);
    block.tail = tail + HEADER + length;
    this.#count += 1;
  }

  /** Hands the oldest packet to `take` and forgets it. The bytes are valid only during the call. */
  shift(take: (bytes: Buffer, offset: number, length: number, arrival: Instant) => void): void {
    const block = this.#blocks[0];
    if (this.#count === 0 || !block) return;
    const { memory, head } = block;
    const length = memory.readUInt32LE(head + 8);
    take(memory, head + HEADER, length, memory.readDoubleLE(head));
    this.#skip(block, length);
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    for (const block of this.#blocks.splice(0)) recycle(block);
    this.#count = 0;
  }

  #oldestArrival(): Instant {
    const block = this.#blocks[0]!;
    return block.memory.readDoubleLE(block.head);
  }

  #drop(): void {
    const block = this.#blocks[0]!;
    this.#skip(block, block.memory.readUInt32LE(block.head + 8));
    this.#dropped += 1;
  }

  #skip(block: Block, length: number): void {
    block.head += HEADER + length;
    this.#count -= 1;
    if (block.head < block.tail) return;
    this.#blocks.shift();
    recycle(block);
  }

  #blockFor(size: number): Block {
    const last = this.#blocks.at(-1);
    if (last && last.tail + size <= last.memory.length) return last;
    while (this.#blocks.length >= MAX_BLOCKS) this.#drop();
    // A datagram larger than a block gets one of its own.
    const memory = size > BLOCK ? Buffer.allocUnsafeSlow(size) : takeSpare();
    const block: Block = { memory, head: 0, tail: 0 };
    this.#blocks.push(block);
    return block;
  }
}

function takeSpare(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
}

function recycle(block: Block): void {
  if (block.memory.length === BLOCK && spare.length < MAX_SPARE) spare.push(block.memory);
}
