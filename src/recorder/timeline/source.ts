import type { Instant, Millis } from '../../core';
import { TimestampUnwrapper } from '../../media';
import { Alignment, type SenderClock } from './alignment';
import type { Brush } from './brush';
import type { Format } from './format';
import type { GapLog } from './gap-log';
import { SequenceLog } from './sequence-log';
import { type Packet, Strip } from './strip';

/** What a source asks of the timeline. */
export interface Ground {
  /** Frames a second. */
  readonly rate: number;
  /** Gives the source its place; `firstMs` is the media time of its first packet. */
  place(source: Source, firstMs: Millis): void;
  /** The source's timestamps begin anew: its relation to the audio no longer holds. */
  displace(source: Source): void;
  /** As `StripGround` has it. */
  correction(source: Source, free: boolean): number;
}

/** How long the first packets of a new beginning are held, to see how they relate to local time. */
const SETTLE: Millis = 200;
/** A single packet of a new source is believed when another follows within this time. */
const PROBATION: Millis = 1_000;
/** A silence, or a step of the timestamps against the arrival, that makes a new beginning. */
const BREAK: Millis = 500;
/** The oldest of a burst of packets that were kept for us. */
const MAX_BURST: Millis = 40_000;
/** After a break timestamps are believed when they agree with the arrival as well as this. */
const AGREEMENT: Millis = 150;
/** Packets held at most: a minute of them, or a flood. */
const MAX_HELD = 3_000;

/**
 * One synchronization source (RFC 3550 §3) of a stream. Its timestamps place its packets; arrival only
 * says where a new beginning belongs: the first packet, a change of clock rate, a restart, or a break after
 * which the timestamps no longer agree with the arrival.
 *
 *     (new beginning) ──▶ settling ──packets tell the relation──▶ placed ──break──▶ settling
 */
export class Source {
  readonly alignment = new Alignment();
  readonly log = new SequenceLog();
  readonly strip: Strip;
  /** It has been placed more than once. */
  displaced = false;
  /** RTP payload octets. */
  octets = 0;
  /** Packets that made no sense where they came. */
  stray = 0;
  firstArrival: Instant | undefined;
  lastArrival: Instant = 0;

  /** RTP timestamp units a second; 0 before the first packet of audio. */
  #clockRate = 0;
  readonly #timestamps = new TimestampUnwrapper();
  #lastTicks = 0;
  /** Of the last packet of audio in order, for continuity. */
  #lastMediaMs: Millis = 0;
  #lastMediaArrival: Instant = 0;

  /** While settling. */
  #held: Packet[] | undefined;
  #settleUntil: Instant = 0;
  /** Of the first packet of audio among the held ones. */
  #burstMediaMs: Millis = 0;
  #burstArrival: Instant = 0;
  /** The next packet of audio is a new beginning. */
  #broken = true;

  constructor(
    readonly ssrc: number,
    private readonly ground: Ground,
    brush: Brush,
    gaps: GapLog,
  ) {
    const correction = (free: boolean): number => ground.correction(this, free);
    this.strip = new Strip({ rate: ground.rate, correction }, brush, gaps);
  }

  get clockRate(): number {
    return this.#clockRate;
  }

  receive(
    sequence: number,
    timestamp: number,
    format: Format,
    payload: Uint8Array,
    arrival: Instant,
  ): void {
    if (this.#held && arrival >= this.#settleUntil) this.#conclude(arrival);
    const verdict = this.log.receive(sequence);
    this.firstArrival ??= arrival;
    this.lastArrival = arrival;
    if (verdict === 'duplicate') return;
    this.octets += payload.length;
    const audio = format.kept !== 'none';
    if (audio && format.clockRate !== this.#clockRate) this.#tick(format.clockRate, arrival);
    const ticks = this.#timestamps.unwrap(timestamp);
    this.#lastTicks = ticks;
    const mediaMs = this.#clockRate > 0 ? (ticks * 1000) / this.#clockRate : 0;
    if (verdict === 'restart') this.#break(arrival);
    if (audio && verdict === 'behind' && !this.#precedes(mediaMs)) {
      this.stray++;
      return;
    }
    if (audio && verdict !== 'behind') this.#watch(mediaMs, arrival);
    const packet = { sequence: this.log.last, ticks, mediaMs, arrival, format, payload };
    if (this.#held) {
      this.#hold(this.#held, packet);
    } else {
      if (audio) this.#measure(packet);
      this.strip.push(packet);
    }
  }

  /** A sender report (RFC 3550 §6.4.1), with the clock its sender tells the time by. */
  report(wallMs: Millis, timestamp: number, clock: SenderClock, at: Instant): void {
    if (this.#clockRate === 0) return;
    const ticks = this.#lastTicks + ((timestamp - this.#lastTicks) | 0);
    this.alignment.reported(wallMs, (ticks * 1000) / this.#clockRate, clock, at);
  }

  tick(now: Instant): void {
    if (this.#held && now >= this.#settleUntil) this.#conclude(now);
    this.strip.tick(now);
  }

  /** The stream is inactive from now on, or over: what waits is painted, what is not sent not missed. */
  pause(now: Instant): void {
    if (this.#held) this.#conclude(now, true);
    this.strip.cut();
    this.log.pause();
    this.#broken = true;
  }

  /** Is this packet of audio a new beginning? */
  #watch(mediaMs: Millis, arrival: Instant): void {
    const step = mediaMs - this.#lastMediaMs;
    const waited = arrival - this.#lastMediaArrival;
    this.#lastMediaMs = mediaMs;
    this.#lastMediaArrival = arrival;
    if (this.#held) {
      // Kept packets come in a burst, faster than they were spoken; nothing else is odd in it.
      const lead = mediaMs - this.#burstMediaMs - (arrival - this.#burstArrival);
      if (step < 0 || lead > MAX_BURST) this.#break(arrival);
    } else if (this.#broken || step < 0 || waited > BREAK || step - waited > BREAK) {
      this.#settle(arrival);
    }
    if (this.#held?.length === 0) {
      this.#burstMediaMs = mediaMs;
      this.#burstArrival = arrival;
    }
  }

  /** A packet that was overtaken is a little older than the one that overtook it. */
  #precedes(mediaMs: Millis): boolean {
    return mediaMs <= this.#lastMediaMs && mediaMs > this.#lastMediaMs - MAX_BURST;
  }

  /** Timestamps count in another unit from now on. */
  #tick(clockRate: number, arrival: Instant): void {
    if (this.#clockRate !== 0) this.#break(arrival);
    this.#clockRate = clockRate;
    this.#lastMediaMs = Number.NEGATIVE_INFINITY;
  }

  #break(arrival: Instant): void {
    if (this.#held) this.#conclude(arrival, true);
    this.#settle(arrival);
  }

  #settle(arrival: Instant): void {
    this.#held = [];
    this.#settleUntil = arrival + SETTLE;
    this.#broken = false;
  }

  #hold(held: Packet[], packet: Packet): void {
    held.push(packet);
    const long = packet.arrival - held[0]!.arrival >= SETTLE;
    if (long || held.length >= MAX_HELD) this.#conclude(packet.arrival);
  }

  /** Decides from the held packets where they belong, and lets them go. */
  #conclude(now: Instant, final = false): void {
    const held = this.#held ?? [];
    const audio = held.filter(({ format }) => format.kept !== 'none');
    const [first] = audio;
    if (first && audio.length === 1 && this.strip.offset === undefined && !final) {
      this.#settleUntil = first.arrival + PROBATION;
      if (now < this.#settleUntil) return;
      this.stray++;
      held.length = 0;
      audio.length = 0;
    }
    this.#held = undefined;
    if (first && audio.length > 0) this.#relate(first, audio);
    else this.#broken = true;
    held.sort((a, b) => a.sequence - b.sequence);
    for (const packet of held) this.strip.push(packet);
  }

  #relate(first: Packet, audio: readonly Packet[]): void {
    const { strip, alignment } = this;
    let floor = Number.POSITIVE_INFINITY;
    for (const { arrival, mediaMs } of audio) floor = Math.min(floor, arrival - mediaMs);
    const agrees = Math.abs(floor - alignment.floor.value) <= AGREEMENT;
    if (strip.offset === undefined || !agrees) {
      strip.cut();
      if (strip.offset !== undefined) {
        this.ground.displace(this);
        this.displaced = true;
      }
      alignment.restart(first.mediaMs, first.arrival);
      strip.offset = undefined;
    }
    for (const packet of audio) this.#measure(packet);
    alignment.begun();
    if (strip.offset === undefined) {
      this.ground.place(this, Math.min(...audio.map(({ mediaMs }) => mediaMs)));
    }
  }

  #measure({ arrival, mediaMs }: Packet): void {
    this.alignment.arrived(arrival, mediaMs);
    this.log.measure(arrival - mediaMs);
  }
}
