import type { Instant, Millis } from '../../core';

/** RFC 3550 A.1: a larger step forward is another stream, or a restart of this one. */
const MAX_DROPOUT = 3000;
/** RFC 3550 A.1: a packet this far behind is late, further behind is a restart. */
const MAX_MISORDER = 100;
/** A step of the timestamp against the clock beyond this is a jump of the source, not jitter. */
const JUMP: Millis = 10_000;

/**
 * What RFC 3550 says of one received stream: loss by A.1 and A.3, jitter by A.8. Follows restarts
 * and changes of SSRC and keeps the sum of losses over them. Allocates nothing after its birth.
 */
export class Reception {
  #started = false;
  #ssrc = 0;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #badSequence = -1;
  #received = 0;
  #lostBefore = 0;

  #lastTimestamp = 0;
  #lastArrival: Instant = 0;
  #jitter: Millis = 0;

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
    const known = this.#started && (ssrc | 0) === this.#ssrc;
    if (!known) this.#restart(sequence, ssrc);
    else if (!this.#follows(sequence)) return;
    this.#received += 1;
    if (known) {
      // Packets of one frame, or of one telephone-event (RFC 4733 §2.2), share their timestamp: the
      // first of them stands for all.
      if ((timestamp | 0) === this.#lastTimestamp) return;
      this.#measure(timestamp, clockRate, arrival);
    }
    this.#lastTimestamp = timestamp | 0;
    this.#lastArrival = arrival;
  }

  /** Where the stream stands; undefined before its first packet. Integers as `receive` takes them. */
  get last(): { ssrc: number; sequence: number; timestamp: number; arrival: Instant } | undefined {
    if (!this.#started) return undefined;
    return {
      ssrc: this.#ssrc,
      sequence: this.#maxSequence,
      timestamp: this.#lastTimestamp,
      arrival: this.#lastArrival,
    };
  }

  /** RFC 3550 A.3: expected minus received; negative when duplicates outnumber losses. */
  get lost(): number {
    return this.#lostBefore + this.#lostHere();
  }

  /** RFC 3550 A.8, at the last packet. */
  get jitterMs(): Millis {
    return this.#jitter;
  }

  #follows(sequence: number): boolean {
    const step = (sequence - this.#maxSequence) & 0xffff;
    if (step < MAX_DROPOUT) {
      if (sequence < this.#maxSequence) this.#cycles += 0x10000;
      this.#maxSequence = sequence;
      this.#badSequence = -1;
    } else if (step <= 0x10000 - MAX_MISORDER) {
      // A jump is believed when its successor follows; until then it may be a stray packet.
      if (sequence !== this.#badSequence) {
        this.#badSequence = (sequence + 1) & 0xffff;
        return false;
      }
      this.#restart(sequence, this.#ssrc);
    }
    return true;
  }

  #measure(timestamp: number, clockRate: number, arrival: Instant): void {
    if (clockRate === 0) return;
    const step = (timestamp - this.#lastTimestamp) | 0;
    const deviation = Math.abs(arrival - this.#lastArrival - (step * 1000) / clockRate);
    if (deviation > JUMP) return;
    this.#jitter += (deviation - this.#jitter) / 16;
  }

  #restart(sequence: number, ssrc: number): void {
    this.#lostBefore += this.#lostHere();
    this.#started = true;
    this.#ssrc = ssrc | 0;
    this.#baseSequence = sequence;
    this.#maxSequence = sequence;
    this.#badSequence = -1;
    this.#cycles = 0;
    this.#received = 0;
  }

  #lostHere(): number {
    if (!this.#started) return 0;
    return this.#cycles + this.#maxSequence - this.#baseSequence + 1 - this.#received;
  }
}
