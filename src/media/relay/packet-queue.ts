import type { Instant, Millis } from '../../core';
import { copyOctets } from '../octets';
import { BLOCK, type Keeper, type KeptMemory } from './kept-memory';

/** Octets before each packet: arrival (8) and length (4). */
const HEADER = 12;
/** However long the queue may wait, it never holds more than this. */
const MAX_BLOCKS = 64;

interface Block {
  readonly at: number;
  /** Where the oldest packet begins, and where the next one goes. */
  head: number;
  tail: number;
}

/** Packets with their arrival times, oldest first, bounded in time and in memory. */
export class PacketQueue implements Keeper {
  readonly #blocks: Block[] = [];
  #count = 0;
  #dropped = 0;
  #crowdedOut = 0;

  /** Holds packets that arrived within `span` of the newest. */
  constructor(
    private readonly span: Millis,
    private readonly memory: KeptMemory,
  ) {}

  get count(): number {
    return this.#count;
  }

  /** Packets pushed out before they were taken, oldest first; and those that no block has room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many of them for others, when there was no memory left. */
  get crowdedOut(): number {
    return this.#crowdedOut;
  }

  push(bytes: Buffer, offset: number, length: number, arrival: Instant): void {
    while (this.#count > 0 && arrival - this.#oldestArrival() > this.span) this.#drop();
    if (HEADER + length > BLOCK) {
      this.#dropped += 1;
      return;
    }
    const block = this.#blockFor(HEADER + length);
    const { bytes: memory } = this.memory;
    const { tail } = block;
    memory.writeDoubleLE(arrival, tail);
    memory.writeUInt32LE(length, tail + 8);
    copyOctets(bytes, offset, memory, tail + HEADER, length);
    block.tail = tail + HEADER + length;
    this.#count += 1;
  }

  /** Hands the oldest packet to `take` and forgets it. The bytes are valid only during the call. */
  shift(take: (bytes: Buffer, offset: number, length: number, arrival: Instant) => void): void {
    const block = this.#blocks[0];
    if (this.#count === 0 || !block) return;
    const { bytes, deskAt } = this.memory;
    const { head } = block;
    const length = bytes.readUInt32LE(head + 8);
    const arrival = bytes.readDoubleLE(head);
    copyOctets(bytes, head + HEADER, bytes, deskAt, length);
    this.#skip(block, length);
    take(bytes, deskAt, length, arrival);
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    for (const { at } of this.#blocks.splice(0)) this.memory.giveBack(at);
    this.#count = 0;
    this.memory.leave(this);
  }

  yieldOldest(): void {
    for (let before = this.#blocks.length; this.#blocks.length === before; ) {
      this.#drop();
      this.#crowdedOut += 1;
    }
  }

  #oldestArrival(): Instant {
    return this.memory.bytes.readDoubleLE(this.#blocks[0]!.head);
  }

  #drop(): void {
    const block = this.#blocks[0]!;
    this.#skip(block, this.memory.bytes.readUInt32LE(block.head + 8));
    this.#dropped += 1;
  }

  #skip(block: Block, length: number): void {
    block.head += HEADER + length;
    this.#count -= 1;
    if (block.head < block.tail) return;
    this.#blocks.shift();
    this.memory.giveBack(block.at);
    if (this.#blocks.length === 0) this.memory.leave(this);
  }

  #blockFor(size: number): Block {
    const last = this.#blocks.at(-1);
    if (last && last.tail + size <= last.at + BLOCK) return last;
    while (this.#blocks.length >= MAX_BLOCKS) this.#drop();
    const at = this.memory.take(this);
    const block: Block = { at, head: at, tail: at };
    this.#blocks.push(block);
    return block;
  }
}
