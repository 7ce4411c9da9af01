import type { Instant, Millis } from '../../core';
import type { SenderClock } from './alignment';
import { Brush } from './brush';
import { Canvas, type PcmSink } from './canvas';
import { DelayFloor } from './delay-floor';
import { Lane } from './lane';
import { type Ground, Source } from './source';

/** Audio kept in memory: within this, latecomers find their place, and channels can be moved. */
const WINDOW: Millis = 6_000;
/** How long a window of the delay floors lasts. */
const FLOOR_WINDOW: Millis = 5_000;
/** An error below this is left alone; noise of the arrival is not to be painted. */
const TOLERATED: Millis = 4;
const TOLERATED_WHEN_FREE: Millis = 2;
/** A correction under way goes on to here. */
const CORRECTED: Millis = 0.5;
/** A larger error is corrected at once, heard or not. */
const JUMP: Millis = 120;
/** Streams whose reports name one sender share its clock, unless it is further off than this. */
const NAMED_TOLERANCE: Millis = 10_000;
const UNNAMED_TOLERANCE: Millis = 500;
const MAX_CLOCKS = 16;
/** Room before the first audio that is older than the recording. */
const MARGIN: Millis = 60;
/** How much of the past a burst may bring, and for how long after the first audio it may come. */
const BURST: Millis = 45_000;
const BURST_TIME: Millis = 3_000;

/**
 * The audio of a recording: puts the streams of one or more channels on one timeline. Its beginning is
 * the instant at which the recording was opened, or the first audio, if that was earlier.
 *
 * One source is the reference: its samples follow its own timestamps for ever, untouched. The others are
 * kept in their relation to it, by the wall clock their sender reports share with it or else by arrival,
 * and slip when clocks drift apart.
 */
export class Timeline {
  readonly #canvas: Canvas;
  readonly #lanes: Lane[] = [];
  readonly #clocks = new Map<string, SenderClock>();
  #reference: Source | undefined;
  /** Local time of the first frame while there is no reference. */
  #start: Instant;
  #rotateAt: Instant;
  /** When the first bursts are over, and a window of the past is enough. */
  #forgetAt: Instant = Number.POSITIVE_INFINITY;

  constructor(
    /** Frames a second. */
    readonly rate: number,
    channels: number,
    openedAt: Instant,
    sink: PcmSink,
  ) {
    this.#canvas = new Canvas(channels, Math.floor((rate * WINDOW) / 1000), sink);
    this.#start = openedAt;
    this.#rotateAt = openedAt + FLOOR_WINDOW;
  }

  /** Frames so far. */
  get frames(): number {
    return this.#canvas.end;
  }

  /** Local time of the first frame. */
  get startedAt(): Instant {
    const offset = this.#reference?.strip.offset;
    return offset === undefined ? this.#start : this.#reference!.alignment.lag - offset;
  }

  /** Adds a stream on a channel (from 0). */
  lane(channel: number, options: { active: boolean; now: Instant }): Lane {
    const lane: Lane = new Lane(channel, options.active, options.now, {
      source: (ssrc, gaps) =>
        new Source(ssrc, this.#groundOf(lane), new Brush(this.#canvas, channel, this.rate), gaps),
      release: (source) => this.#displace(source),
      clockOf: (cname) => this.#clockOf(cname),
    });
    this.#lanes.push(lane);
    return lane;
  }

  tick(now: Instant): void {
    for (const lane of this.#lanes) lane.tick(now);
    if (now >= this.#forgetAt) {
      this.#canvas.remember(0);
      this.#forgetAt = Number.POSITIVE_INFINITY;
    }
    if (now < this.#rotateAt) return;
    this.#rotateAt = now + FLOOR_WINDOW;
    for (const { floor } of this.#clocks.values()) floor.rotate();
    for (const source of this.#sources()) source.alignment.floor.rotate();
  }

  /** Hands the sink what is new, up to `now`. */
  flush(now: Instant): void {
    this.#canvas.extendTo(Math.round(this.#frameAt(now)));
    this.#canvas.flush();
  }

  /** The recording is over: paints what waits, and hands over the rest. */
  finish(now: Instant): void {
    for (const lane of this.#lanes) lane.finish(now);
    this.flush(now);
  }

  /** Where local time `at` is in the audio, in ms. */
  positionOf(at: Instant): Millis {
    return Math.max(0, at - this.startedAt);
  }

  #frameAt(at: Instant): number {
    return (this.positionOf(at) * this.rate) / 1000;
  }

  #groundOf(lane: Lane): Ground {
    return {
      rate: this.rate,
      place: (source, firstMs) => this.#place(source, firstMs),
      displace: (source) => this.#displace(source),
      correction: (source, free) => this.#correction(lane, source, free),
    };
  }

  #place(source: Source, firstMs: Millis): void {
    const { strip, alignment } = source;
    strip.offset = alignment.lag - this.startedAt;
    strip.start = strip.frameOf(firstMs);
    this.#reference ??= source;
    const { blank } = this.#canvas;
    if (blank) {
      this.#canvas.remember((this.rate * BURST) / 1000);
      this.#forgetAt = source.lastArrival + BURST_TIME;
    }
    if (strip.start >= 0) return;
    // Old audio comes in a burst, and another stream's may be a little older.
    const margin = blank ? Math.round((this.rate * MARGIN) / 1000) : 0;
    this.#makeRoom(margin - strip.start);
  }

  #displace(source: Source): void {
    if (source !== this.#reference) return;
    this.#start = this.startedAt;
    this.#reference = this.#sources().find(
      (other) =>
        other !== source &&
        other.strip.offset !== undefined &&
        source.lastArrival - other.lastArrival < FLOOR_WINDOW,
    );
  }

  #correction(lane: Lane, source: Source, free: boolean): number {
    const { strip, alignment } = source;
    if (source === this.#reference || strip.offset === undefined) return 0;
    const error = alignment.lag - this.startedAt - strip.offset;
    const size = Math.abs(error);
    if (size < CORRECTED) strip.slipping = false;
    const young = this.#canvas.whole;
    if (size < (free || young ? TOLERATED_WHEN_FREE : TOLERATED) && !strip.slipping) return 0;
    const frames = Math.round((error * this.rate) / 1000);
    if (young && this.#alone(lane, source) && this.#moveLane(lane, source, frames)) return 0;
    if (free || size > JUMP) {
      strip.jump(error);
      return 0;
    }
    strip.slipping = true;
    return frames;
  }

  /** Nothing else has been painted on the lane's channel. */
  #alone(lane: Lane, source: Source): boolean {
    const painters = this.#lanes.filter(({ channel }) => channel === lane.channel);
    return painters.length === 1 && lane.opened === 1 && !source.displaced;
  }

  #moveLane(lane: Lane, source: Source, frames: number): boolean {
    const before = source.strip.start + frames;
    if (before < 0 && !this.#makeRoom(-before)) return false;
    if (!this.#canvas.shift(lane.channel, frames)) return false;
    lane.move(frames);
    return true;
  }

  /** Silence before everything, so that earlier audio has a place. */
  #makeRoom(frames: number): boolean {
    if (!this.#canvas.prepend(frames)) return false;
    this.#start -= (frames * 1000) / this.rate;
    for (const lane of this.#lanes) lane.move(frames);
    return true;
  }

  #sources(): Source[] {
    return this.#lanes.flatMap((lane) => lane.sources);
  }

  #clockOf(cname: string | undefined): SenderClock {
    const key = cname ?? '';
    const known = this.#clocks.get(key);
    if (known) return known;
    const tolerance = cname === undefined ? UNNAMED_TOLERANCE : NAMED_TOLERANCE;
    const clock = { floor: new DelayFloor(), tolerance };
    if (this.#clocks.size < MAX_CLOCKS) this.#clocks.set(key, clock);
    return clock;
  }
}
