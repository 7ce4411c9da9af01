import { randomBytes } from 'node:crypto';
import type { Instant, Millis } from '../../../core';
import { rtpSequence, rtpSsrc, rtpTimestamp } from '../../rtp/packet';

/** A stream that is this late is silent: more than jitter, less than anyone waits for a tone. */
export const PATIENCE: Millis = 60;
/** The share of a packet's lateness that is believed. */
const DRIFT = 1 / 64;
/** However much a packet claims to hold, nobody waits longer for its end. */
const LONGEST: Millis = 200;
/** A step of the timestamp beyond this is a jump of its source. */
const JUMP: Millis = 1_000;
/** Packets from before a fit may still come while so many after it have. */
const STRAGGLERS = 100;
/** So many packets in a row that are older than others are no reordering: their source began anew. */
const RESTART = 10;

/** The last packet of a stream that nobody has looked at so far. */
export interface LastPacket {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrival: Instant;
}

/**
 * One outgoing RTP stream made of a live one and of packets of our own: one SSRC, sequence numbers
 * without a seam, and timestamps that go on with time (RFC 3550 §5.1).
 *
 *     following ──own packet──▶ apart ──live packet──▶ following
 *
 * While it follows, live packets keep their numbers plus an offset, which is zero until the first
 * packet of our own, so that losses and reordering reach the listener as they are. The first live
 * packet after ours is fitted to them: next in sequence, and next in time when there was no pause. The
 * marker says that there was one (RFC 3551 §4.1).
 */
export class Splice {
  /** The outgoing timestamp of the packet last numbered. */
  timestamp = 0;
  /**
   * When the live packet last numbered would have come on an even path, in whole ms: what is to be heard at a
   * time belongs into the packet of that time, however unevenly packets come.
   */
  beginsAt: Instant = 0;
  /** By how many ticks the live stream has just jumped, beyond what time explains; else 0. */
  jump = 0;
  /** Live packets are numbered by their offset. */
  following = true;
  /** The stream is no longer the live one: something of our own was in it. */
  altered = false;
  /** Something was sent. */
  begun = false;
  /** False while `endsAt` is a guess. */
  exact = false;
  /** Packets and payload octets of our own, less those that were held back. */
  packetsAdded = 0;
  octetsAdded = 0;

  /** `endsAt` with its fraction, which would be an object for the collector anywhere else. */
  readonly #ends = new Float64Array(1);
  #ssrc = 0;
  /** Highest sent. */
  #sequence = 0;
  /** Where the next packet begins when nothing is between. */
  #next = 0;

  #liveSsrc: number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #fittedAt = 0;
  #stragglersFor = 0;
  #behind = 0;

  /** Takes up a stream that has been relayed unread. */
  seed(last: LastPacket, rate: number): void {
    this.#adopt(last.ssrc, last.sequence);
    this.#next = (last.timestamp + rate / 50) | 0;
    this.#ends[0] = last.arrival + 20;
    this.begun = true;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** Undefined until a live packet came. */
  get liveSsrc(): number | undefined {
    return this.#liveSsrc;
  }

  get sequenceOffset(): number {
    return this.#sequenceOffset;
  }

  get timestampOffset(): number {
    return this.#timestampOffset;
  }

  /** When what was sent is played out, and the next packet due: from this whole ms on. */
  get endsAt(): Instant {
    return Math.ceil(this.#ends[0]!);
  }

  silent(now: Instant): boolean {
    return !this.begun || now - this.#ends[0]! > PATIENCE;
  }

  /**
   * Numbers a live packet of `ticks` where it lies, at 0; false when it comes too late to be sent. One that `continues` a round that
   * we were in the middle of follows what we have sent in time, however late it is.
   */
  follow(packet: Buffer, ticks: number, rate: number, now: Instant, continues: boolean): boolean {
    this.jump = 0;
    const sequence = rtpSequence(packet, 0);
    const timestamp = rtpTimestamp(packet, 0);
    const ssrc = rtpSsrc(packet, 0);
    if (ssrc !== this.#liveSsrc) this.#changed(ssrc, sequence);
    if (!this.following) this.#fit(packet, sequence, timestamp, ssrc, rate, now, continues);
    else if (this.#isStraggler(sequence)) return false;
    const out = (sequence + this.#sequenceOffset) & 0xffff;
    this.timestamp = (timestamp + this.#timestampOffset) | 0;
    if (this.altered) this.#write(packet, out, this.timestamp);
    // Fractions of a ms are all in here: whoever passed one on, or set it beside a parameter, made an object of it.
    const ends = this.#ends[0]!;
    let early = 0;
    if (this.begun) {
      if (forward(out - this.#sequence) <= 0 && ++this.#behind < RESTART) return true;
      const gap = (this.timestamp - this.#next) | 0;
      const step = gap - ((now - ends) * rate) / 1000;
      if (Math.abs(step | 0) > (JUMP * rate) / 1000) this.jump = step | 0;
      const expected = ends + (gap * 1000) / rate;
      const late = now - expected;
      // Early is the truth, late is jitter, but for what the paths or the clocks have drifted.
      if (this.exact && late > 0 && late < PATIENCE) early = late * (1 - DRIFT);
    }
    const begins = now - early;
    this.beginsAt = Math.round(begins);
    this.#behind = 0;
    this.#sent(out, this.timestamp, ticks);
    this.#ends[0] = begins + Math.min((ticks * 1000) / rate, LONGEST);
    this.begun = true;
    this.exact = true;
    return true;
  }

  /** Numbers a live packet that is no speech, and has a time of its own: a telephone event. */
  pass(packet: Buffer): boolean {
    const sequence = rtpSequence(packet, 0);
    const timestamp = rtpTimestamp(packet, 0);
    const ssrc = rtpSsrc(packet, 0);
    if (ssrc !== this.#liveSsrc) this.#changed(ssrc, sequence);
    if (this.following) {
      if (this.#isStraggler(sequence)) return false;
      const out = (sequence + this.#sequenceOffset) & 0xffff;
      if (forward(out - this.#sequence) > 0) this.#sequence = out;
      if (this.altered) this.#write(packet, out, (timestamp + this.#timestampOffset) | 0);
      return true;
    }
    if (this.#liveSsrc === undefined) {
      this.#liveSsrc = ssrc;
      this.#timestampOffset = (this.#next - timestamp) | 0;
    }
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#write(packet, this.#sequence, (timestamp + this.#timestampOffset) | 0);
    return true;
  }

  /** A live packet was held back. */
  held(octets: number): void {
    this.packetsAdded -= 1;
    this.octetsAdded -= octets;
  }

  /**
   * Writes the header of a packet of our own at 0. One that `continues` a round follows in time what was sent last, however late we
   * are, so that nothing of the round is left out; any other tells of the pause before it.
   */
  own(packet: Buffer, type: number, ticks: number, rate: number, now: Instant, continues: boolean) {
    let marker = false;
    if (!this.begun) {
      const random = randomBytes(12);
      this.#ssrc = random.readInt32BE(0);
      this.#sequence = random.readUInt16BE(4);
      this.#next = random.readInt32BE(8);
    }
    if (!this.begun || (!continues && this.silent(now))) {
      marker = true;
      if (this.begun) this.#skip(now - this.#ends[0]!, rate);
      this.#ends[0] = now;
      this.begun = true;
    }
    this.following = false;
    this.altered = true;
    this.exact = true;
    this.timestamp = this.#next;
    const sequence = (this.#sequence + 1) & 0xffff;
    packet[0] = 0x80;
    packet[1] = type | (marker ? 0x80 : 0);
    this.#write(packet, sequence, this.timestamp);
    this.#sent(sequence, this.timestamp, ticks);
    this.#ends[0]! += (ticks * 1000) / rate;
  }

  /** The live packet is the next one, in sequence and in time. */
  #fit(
    packet: Buffer,
    sequence: number,
    timestamp: number,
    ssrc: number,
    rate: number,
    now: Instant,
    continues: boolean,
  ): void {
    const paused = !continues && this.silent(now);
    if (paused && this.begun) this.#skip(now - this.#ends[0]!, rate);
    packet[1] = (packet[1]! & 0x7f) | (paused ? 0x80 : 0);
    this.#liveSsrc = ssrc;
    this.#timestampOffset = (this.#next - timestamp) | 0;
    this.#sequenceOffset = this.#sequence + 1 - sequence;
    this.#fittedAt = sequence;
    this.#stragglersFor = STRAGGLERS;
    this.following = true;
  }

  /** Another source speaks: it is the stream, or fitted into it when that has become ours. */
  #changed(ssrc: number, sequence: number): void {
    if (this.altered) {
      this.following = false;
      this.#liveSsrc = undefined;
    } else {
      this.#adopt(ssrc, (sequence - 1) & 0xffff);
    }
  }

  #adopt(ssrc: number, sequence: number): void {
    this.#ssrc = ssrc;
    this.#liveSsrc = ssrc;
    this.#sequence = sequence;
  }

  /** Its number in the outgoing stream is taken: it is from before the fit. */
  #isStraggler(sequence: number): boolean {
    if (this.#stragglersFor === 0) return false;
    this.#stragglersFor -= 1;
    return forward(sequence - this.#fittedAt) < 0;
  }

  #skip(pause: Millis, rate: number): void {
    this.#next = (this.#next + Math.round((pause * rate) / 1000)) | 0;
  }

  #sent(sequence: number, timestamp: number, ticks: number): void {
    this.#sequence = sequence;
    this.#next = (timestamp + ticks) | 0;
  }

  #write(packet: Buffer, sequence: number, timestamp: number): void {
    packet.writeUInt16BE(sequence, 2);
    packet.writeInt32BE(timestamp, 4);
    packet.writeInt32BE(this.#ssrc, 8);
  }
}

/** A difference of sequence numbers as a signed 16-bit integer. */
function forward(difference: number): number {
  return (difference << 16) >> 16;
}
