import type { Instant, Millis } from '../../core';

/** RFC 3550 A.1: a larger step forward is another stream, or a restart of this one. */
const MAX_DROPOUT = 3000;
/** RFC 3550 A.1: a packet this far behind is late, further behind is a restart. */
const MAX_MISORDER = 100;
/** A step of the timestamp against the clock beyond this is a jump of the source, not jitter. */
const JUMP: Millis = 10_000;

/** Where the parts of a reception lie in its memory: so many words from its beginning. */
export const RECEPTION = {
  started: 0,
  ssrc: 1,
  maxSequence: 2,
  received: 3,
  lastTimestamp: 4,
  badSequence: 5,
  /** These take two words, and the place of the first is even. */
  lastArrival: 6,
  jitter: 8,
  baseSequence: 10,
  cycles: 11,
  lostBefore: 12,
  /** Words of it all. */
  length: 14,
} as const;

const STARTED = RECEPTION.started;
const SSRC = RECEPTION.ssrc;
const MAX_SEQUENCE = RECEPTION.maxSequence;
const RECEIVED = RECEPTION.received;
const LAST_TIMESTAMP = RECEPTION.lastTimestamp;
const BAD_SEQUENCE = RECEPTION.badSequence;
const LAST_ARRIVAL = RECEPTION.lastArrival / 2;
const JITTER = RECEPTION.jitter / 2;
const BASE_SEQUENCE = RECEPTION.baseSequence;
const CYCLES = RECEPTION.cycles;
const LOST_BEFORE = RECEPTION.lostBefore;

/**
 * What RFC 3550 says of one received stream: loss by A.1 and A.3, jitter by A.8. Follows restarts
 * and changes of SSRC and keeps the sum of losses over them. Allocates nothing after its birth.
 */
export class Reception {
  readonly #words: Int32Array;
  readonly #reals: Float64Array;
  readonly #at: number;

  /** In `RECEPTION.length` words from `at`, which is even; `reals` is the same memory. Without: in its own. */
  constructor(
    words: Int32Array = new Int32Array(RECEPTION.length),
    reals = new Float64Array(words.buffer),
    at = 0,
  ) {
    this.#words = words;
    this.#reals = reals;
    this.#at = at;
    words.fill(0, at, at + RECEPTION.length);
    words[at + BAD_SEQUENCE] = -1;
  }

  /**
   * Takes one packet. `timestamp` and `ssrc` as 32-bit integers, signed or not; `clockRate` in Hz,
   * 0 when unknown, which leaves jitter alone.
   */
  receive(
    sequence: number,
    timestamp: number,
    ssrc: number,
    clockRate: number,
    arrival: Instant,
  ): void {
    const known = this.#get(STARTED) === 1 && (ssrc | 0) === this.#get(SSRC);
    if (!known) this.#restart(sequence, ssrc);
    else if (!this.#follows(sequence)) return;
    if (known) {
      count(this.#words, this.#reals, this.#at, timestamp | 0, clockRate, arrival);
      return;
    }
    this.#set(RECEIVED, 1);
    this.#set(LAST_TIMESTAMP, timestamp | 0);
    this.#reals[this.#at / 2 + LAST_ARRIVAL] = arrival;
  }

  /** Where the stream stands; undefined before its first packet. Integers as `receive` takes them. */
  get last(): { ssrc: number; sequence: number; timestamp: number; arrival: Instant } | undefined {
    if (this.#get(STARTED) === 0) return undefined;
    return {
      ssrc: this.#get(SSRC),
      sequence: this.#get(MAX_SEQUENCE),
      timestamp: this.#get(LAST_TIMESTAMP),
      arrival: this.#reals[this.#at / 2 + LAST_ARRIVAL]!,
    };
  }

  /** RFC 3550 A.3: expected minus received; negative when duplicates outnumber losses. */
  get lost(): number {
    return this.#get(LOST_BEFORE) + this.#lostHere();
  }

  /** RFC 3550 A.8, at the last packet. */
  get jitterMs(): Millis {
    return this.#reals[this.#at / 2 + JITTER]!;
  }

  #get(part: number): number {
    return this.#words[this.#at + part]!;
  }

  #set(part: number, value: number): void {
    this.#words[this.#at + part] = value;
  }

  #follows(sequence: number): boolean {
    const maxSequence = this.#get(MAX_SEQUENCE);
    const step = (sequence - maxSequence) & 0xffff;
    if (step < MAX_DROPOUT) {
      if (sequence < maxSequence) this.#set(CYCLES, this.#get(CYCLES) + 0x10000);
      this.#set(MAX_SEQUENCE, sequence);
      this.#set(BAD_SEQUENCE, -1);
    } else if (step <= 0x10000 - MAX_MISORDER) {
      // A jump is believed when its successor follows; until then it may be a stray packet.
      if (sequence !== this.#get(BAD_SEQUENCE)) {
        this.#set(BAD_SEQUENCE, (sequence + 1) & 0xffff);
        return false;
      }
      this.#restart(sequence, this.#get(SSRC));
    }
    return true;
  }

  #restart(sequence: number, ssrc: number): void {
    this.#set(LOST_BEFORE, this.lost);
    this.#set(STARTED, 1);
    this.#set(SSRC, ssrc | 0);
    this.#set(BASE_SEQUENCE, sequence);
    this.#set(MAX_SEQUENCE, sequence);
    this.#set(BAD_SEQUENCE, -1);
    this.#set(CYCLES, 0);
    this.#set(RECEIVED, 0);
  }

  #lostHere(): number {
    if (this.#get(STARTED) === 0) return 0;
    const expected = this.#get(CYCLES) + this.#get(MAX_SEQUENCE) - this.#get(BASE_SEQUENCE) + 1;
    return expected - this.#get(RECEIVED);
  }
}

/** Whether a packet is the very next of the stream whose reception is at `at`: most are. */
export function isNext(words: Int32Array, at: number, sequence: number, ssrc: number): boolean {
  return (
    words[at + STARTED] === 1 &&
    words[at + SSRC] === ssrc &&
    ((words[at + MAX_SEQUENCE]! + 1) & 0xffff) === sequence &&
    // The wrap begins a cycle.
    sequence !== 0
  );
}

/** Takes the packet that `isNext`. */
export function receiveNext(
  words: Int32Array,
  reals: Float64Array,
  at: number,
  timestamp: number,
  clockRate: number,
  arrival: Instant,
): void {
  words[at + MAX_SEQUENCE] = words[at + MAX_SEQUENCE]! + 1;
  words[at + BAD_SEQUENCE] = -1;
  count(words, reals, at, timestamp, clockRate, arrival);
}

function count(
  words: Int32Array,
  reals: Float64Array,
  at: number,
  timestamp: number,
  clockRate: number,
  arrival: Instant,
): void {
  words[at + RECEIVED] = words[at + RECEIVED]! + 1;
  const step = (timestamp - words[at + LAST_TIMESTAMP]!) | 0;
  // Packets of one frame, or of one telephone-event (RFC 4733 §2.2), share their timestamp: the
  // first of them stands for all.
  if (step === 0) return;
  const real = at / 2;
  if (clockRate > 0) {
    const deviation = Math.abs(arrival - reals[real + LAST_ARRIVAL]! - (step * 1000) / clockRate);
    if (deviation <= JUMP) {
      reals[real + JITTER] = reals[real + JITTER]! + (deviation - reals[real + JITTER]!) / 16;
    }
  }
  words[at + LAST_TIMESTAMP] = timestamp;
  reals[real + LAST_ARRIVAL] = arrival;
}
